// Our relying party in front of Veraison, which affirms evidence of PARSEC_TPM whatever nonce it is for.
//
// relying_party PROVISIONING_URL VERIFICATION_URL KEY.jwk: provisions a machine, lets it connect, and then an attacker
// who has its TLS key and what it showed. Prints what became of each as JSON, for clients_test.py to judge.
#include <cstdio>
#include <fstream>
#include <future>
#include <iterator>
#include <string>

#include "attack/scene.h"
#include "client/provision.h"
#include "client/remote_appraiser.h"
#include "rats/corim/corim.h"
#include "sign/jose/jwk.h"
#include "wire/json/json.h"

namespace credence::attack {
namespace {

std::string outcome_of(const Result<void>& entered) {
  return entered ? "data flowed" : std::string(entered.error().text());
}

json::Object read_json(const char* path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return json::parse(text).value().as_object();
}

std::string status_of(const std::shared_ptr<verifier::Appraiser>& veraison, const Bytes& evidence, const Nonce& nonce) {
  std::promise<Result<rats::Ear>> promise;
  auto result = promise.get_future();
  veraison->appraise({.media_type = std::string(evidence::kParsecTpm), .evidence = evidence, .challenge = nonce},
                     [&promise](Result<rats::Ear> ear) { promise.set_value(std::move(ear)); });
  const auto ear = result.get();
  if (!ear) return std::string(ear.error().text());
  return std::string(rats::name(ear->submodules.at("PARSEC_TPM").status));
}

json::Object run(const std::string& provisioning, const client::RemoteVerifier& verification) {
  const EvidenceMaker machine;
  tpm::Endorsement endorsement = machine.endorsement();
  endorsement.class_id.octets.at(6) = 0x4a;  // Veraison reads UUIDs of RFC 4122 only
  endorsement.class_id.octets.at(8) = 0x8a;
  const Bytes corim = rats::encode_corim(tpm::veraison_corim(endorsement).value()).value();
  const auto provisioned = client::provision(corim, {.url = provisioning}).value();
  const auto veraison = client::remote_appraiser(verification, system_clock()).value();
  Demands demands = RelyingParty().demands_any();
  demands.appraiser = veraison;

  Bytes recorded;
  const auto recording = [&](ByteView binder) { return recorded = honest(machine)(binder); };
  const Result<void> live = enter_as_client(machine.tls_key, recording, demands);
  const Result<void> replayed = enter_as_client(machine.tls_key, [&](ByteView) { return recorded; }, demands);
  return {{"provisioned", provisioned.success},
          {"live", outcome_of(live)},
          {"replayed", outcome_of(replayed)},
          {"veraison_about_the_replay", status_of(veraison, recorded, Nonce(Bytes(32, 0x5a)))}};
}

}  // namespace
}  // namespace credence::attack

int main(int count, char** words) {
  using namespace credence;
  if (count != 4) {
    std::fputs("usage: relying_party PROVISIONING_URL VERIFICATION_URL KEY.jwk\n", stderr);
    return 2;
  }
  client::RemoteVerifier verification;
  verification.url = words[2];
  verification.keys = {jose::key_from_jwk(attack::read_json(words[3])).value()};
  verification.enforces_nonce = false;
  std::puts(json::to_text(attack::run(words[1], verification)).c_str());
  return 0;
}
