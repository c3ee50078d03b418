#include "verifier_address.h"

#include "base/text.h"
#include "client/remote_appraiser.h"
#include "unit/channel/in_memory.h"
#include "wire/json/json.h"

namespace credence::attack {
namespace {

using service::http::Method;
using service::http::Request;
using service::http::Response;

std::string report(std::string_view status, const std::string& nonce, const std::optional<std::string>& result) {
  json::Object session{{"status", status}, {"nonce", nonce}};
  if (result) session["result"] = *result;
  return json::to_text(session);
}

// One session at a time: an attack makes one connection after the other.
service::http::Router answering(VerifierAddress::Answer answer) {
  const auto nonce = std::make_shared<std::string>();
  service::http::Router router;
  router.add(Method::post, "/challenge-response/v1/newSession", 0, [nonce](const Request& request) {
    *nonce = std::string(request.target.parameter("nonce").value().value_or(""));
    return Response{.status = 201, .headers = {{"Location", "session/1"}}, .body = report("waiting", *nonce, {})};
  });
  router.add(Method::post, "/challenge-response/v1/session/1", 1 << 20,
             [nonce, answer = std::move(answer)](const Request& request) {
               const Bytes binder = from_any_base64(*nonce).value();
               return Response{.body = report("complete", *nonce,
                                              answer({.media_type = std::string(evidence::kParsecTpm),
                                                      .evidence = request.body,
                                                      .challenge = binder_of(binder)}))};
             });
  return router;
}

}  // namespace

VerifierAddress::VerifierAddress(Answer answer)
    : server_(service::http::Server::start({.threads = 1}, answering(std::move(answer)), no_log()).value()) {}

channel::Demands VerifierAddress::asked_by(channel::Demands demands, const crypto::PublicKey& pinned) const {
  client::RemoteVerifier verifier;
  verifier.url = "http://127.0.0.1:" + std::to_string(server_->port());
  verifier.keys = {pinned};
  demands.appraiser = client::remote_appraiser(std::move(verifier), channel::test_clock()).value();
  return demands;
}

evidence::Binder binder_of(ByteView octets) {
  const auto hash = octets.size() == crypto::digest_size(crypto::HashAlgorithm::sha256) ? crypto::HashAlgorithm::sha256
                                                                                        : crypto::HashAlgorithm::sha384;
  return evidence::Binder::from_wire(crypto::Digest::from(hash, octets).value());
}

}  // namespace credence::attack
