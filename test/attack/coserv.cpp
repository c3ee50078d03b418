// The connection to a CoSERV service, where a relying party that appraises itself learns what to believe of whom. The
// attacker stands on it.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "attack.h"
#include "base/text.h"
#include "edge/appraiser.h"
#include "scene.h"
#include "service/http/server.h"
#include "service/verifier/coserv_answer.h"
#include "service/verifier/coserv_api.h"
#include "service/verifier/coserv_discovery.h"
#include "support/running.h"

namespace credence::attack {
namespace {

using service::http::Method;
using service::http::Request;
using service::http::Response;

using Answer = std::function<Bytes(const rats::CoservQuery&)>;

// What a service with this key says of what this store holds.
Answer said_by(const crypto::PrivateKey& signer, const crypto::PublicKey& provisioner, const RelyingParty& holder,
               Timestamp made) {
  return [&signer, authority = service::authority_of(provisioner), store = holder.store,
          made](const rats::CoservQuery& query) {
    const rats::CoservResults results =
        service::answer_coserv(*store, query,
                               {.now = made, .expires = made + std::chrono::hours(1), .own_authority = authority})
            .value();
    return rats::sign_coserv(query, results, signer, {}, made).value();
  };
}

// Whoever answers at the address of the service.
class CoservAddress {
 public:
  explicit CoservAddress(Answer answer)
      : server_(service::http::Server::start({.threads = 1}, answering(std::move(answer)), no_log()).value()) {}

  // Appraises with what it learns here, and believes what `pinned` signed.
  [[nodiscard]] Demands asked_by(Demands demands, const crypto::PublicKey& pinned) const {
    client::CoservService service;
    service.url = "http://127.0.0.1:" + std::to_string(server_->port());
    service.trust.keys = {pinned};
    demands.appraiser = edge::edge_appraiser(std::move(service), {}, channel::test_clock()).value();
    return demands;
  }

 private:
  static service::http::Router answering(Answer answer) {
    const service::CoservApi api({.store = verifier::memory_store(),
                                  .key = [key = test::make_key()](Timestamp) { return key; },
                                  .version = "1",
                                  .clock = channel::test_clock()});
    service::http::Router router;
    router.add(Method::get, "/.well-known/coserv-configuration", 0,
               [api](const Request& request) { return api.configuration(request); });
    router.add(Method::get, "/endorsement-distribution/v1/coserv/{}", 0,
               [answer = std::move(answer)](const Request& request) {
                 const Bytes query = from_base64url(request.path_parameters.front()).value();
                 return Response{.body = std::string(as_text(answer(rats::decode_coserv_query(query).value())))};
               });
    return router;
  }

  test::Running<service::http::Server> server_;
};

// He answers in the service's place: all that he says of his own machine is on the word of the service's provisioner.
Result<void> rogue_service() {
  const EvidenceMaker own_machine;
  const RelyingParty attacker;
  CHECK(attacker.endorse(own_machine));
  const crypto::PrivateKey service_key = test::make_key();
  const crypto::PrivateKey own_key = test::make_key();
  const CoservAddress address(said_by(own_key, service_key.public_key(), attacker, channel::test_time()));
  return enter_as_client(own_machine.tls_key, honest(own_machine),
                         address.asked_by(RelyingParty().demands_any(), service_key.public_key()));
}

// The machine's key was stolen, and revoked an hour ago. What the service said before is genuine: he kept it.
Result<void> answers_from_before_the_revocation() {
  const EvidenceMaker stolen;
  const RelyingParty then;
  CHECK(then.endorse(stolen));
  const crypto::PrivateKey service_key = test::make_key();
  const CoservAddress address(
      said_by(service_key, service_key.public_key(), then, channel::test_time() - std::chrono::hours(2)));
  return enter_as_client(stolen.tls_key, honest(stolen),
                         address.asked_by(RelyingParty().demands(stolen), service_key.public_key()));
}

INSTANTIATE_TEST_SUITE_P(
    Coserv, AttackTest,
    testing::Values(Attack{"Coserv_AnotherSigner", weak::Check::coserv_signature, Errc::untrusted_verifier,
                           "signed by none of the pinned keys", rogue_service},
                    Attack{"A22_AnswersFromBeforeTheRevocation", weak::Check::coserv_expiry, Errc::expired,
                           "the CoSERV result was good until", answers_from_before_the_revocation}),
    name_of);

}  // namespace
}  // namespace credence::attack
