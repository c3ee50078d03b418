// A4 and A1 against the kinds of evidence that no channel takes: tokens of an earlier day, and halves of others'.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attack.h"
#include "base/clock.h"
#include "evidence/cca/token.h"
#include "evidence/enacttrust/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "support/cca_device.h"
#include "support/enacttrust_node.h"
#include "support/psa_device.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::attack {
namespace {

const Bytes kEarlier(32, 0x6d);
const Bytes kNow(32, 0x6e);
const std::string kPsaType(evidence::psa::kMediaType);
const std::string kCcaType(evidence::cca::kMediaType);
const std::string kParsecCcaType(evidence::parsec_cca::kMediaType);
const std::string kParsecCcaProfile = "tag:github.com/parallaxsecond,2023-03-03:cca";

// Success when the verifier affirms for the challenge of now.
Result<void> present(const std::vector<rats::Corim>& endorsements, const std::string& media_type, Bytes evidence) {
  const auto store = verifier::memory_store();
  for (const rats::Corim& corim : endorsements) {
    TRY(const auto stored, store->submit(corim, as_bytes(std::get<std::string>(corim.id))));
    static_cast<void>(stored);
  }
  const auto clock = std::make_shared<FixedClock>(Timestamp{std::chrono::milliseconds{1'790'000'000'000}});
  const verifier::Engine engine(store, clock, {}, {});
  TRY(const rats::Ear ear,
      engine.appraise({.media_type = media_type, .evidence = std::move(evidence), .challenge = Nonce(kNow)}));
  if (ear.is_affirming()) return {};
  std::string why;
  for (const std::string& problem : ear.problems()) why += problem + "; ";
  return fail(Errc::not_affirming, why);
}

Result<void> recorded_psa_token() {
  const test::PsaDevice device;
  return present({device.corim()}, kPsaType, device.token(kEarlier));
}

Result<void> recorded_cca_token() {
  const test::CcaDevice device;
  return present({device.platform_corim(), device.realm_corim()}, kCcaType, device.token(kEarlier));
}

Result<void> recorded_quote() {
  const test::EnacttrustNode node;
  return present({node.corim()}, std::string(evidence::enacttrust::kMediaType), node.token(kEarlier));
}

std::vector<rats::Corim> endorsed_by_parsec(const test::CcaDevice& device) {
  return {device.platform_corim(kParsecCcaProfile), device.realm_corim(kParsecCcaProfile)};
}

Result<void> recorded_key_attestation() {
  const test::CcaDevice device;
  return present(endorsed_by_parsec(device), kParsecCcaType, device.bundle(kEarlier, test::make_key().public_key()));
}

// A platform gave him its token, which says nothing of the time. The realm is his own, on any machine, with a key of
// his own, and claims the approved measurements.
Result<void> platform_token_of_another() {
  const test::CcaDevice genuine;
  test::CcaDevice own = genuine;
  own.realm_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  return present({genuine.platform_corim(), genuine.realm_corim()}, kCcaType,
                 own.assemble(genuine.platform_token(), own.realm_token(kNow)));
}

// The realm attested a key for the challenge of now. He puts his own key in its place: the token stays as it was.
Result<void> key_that_the_realm_does_not_know() {
  const test::CcaDevice device;
  const crypto::PublicKey genuine = test::make_key().public_key();
  const crypto::PublicKey own = test::make_key().public_key();
  const Bytes honest = cose::encode_key(genuine).value();
  const Bytes forged = cose::encode_key(own).value();
  Bytes bundle = device.bundle(kNow, genuine);
  const auto place = std::ranges::search(bundle, honest);
  if (place.empty() || honest.size() != forged.size()) return fail(Errc::internal, "the test found no key to replace");
  std::ranges::copy(forged, place.begin());
  return present(endorsed_by_parsec(device), kParsecCcaType, std::move(bundle));
}

const std::string kOther = "made for another challenge";

INSTANTIATE_TEST_SUITE_P(
    Tokens, AttackTest,
    testing::Values(
        Attack{"A4_RecordedPsaToken", weak::Check::token_challenge, Errc::not_affirming, kOther, recorded_psa_token},
        Attack{"A4_RecordedCcaToken", weak::Check::token_challenge, Errc::not_affirming, kOther, recorded_cca_token},
        Attack{"A4_RecordedQuote", weak::Check::token_challenge, Errc::not_affirming, kOther, recorded_quote},
        Attack{"A4_RecordedKeyAttestation", weak::Check::token_challenge, Errc::not_affirming, kOther,
               recorded_key_attestation},
        Attack{"A1_PlatformTokenOfAnother", weak::Check::platform_binding, Errc::not_affirming,
               "vouches for another key than the realm's", platform_token_of_another},
        Attack{"A1_KeyThatTheRealmDoesNotKnow", weak::Check::realm_key_attestation, Errc::not_affirming,
               "vouches for another key attestation", key_that_the_realm_does_not_know}),
    name_of);

}  // namespace
}  // namespace credence::attack
