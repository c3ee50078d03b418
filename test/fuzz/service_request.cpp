// The verifier's API with hostile requests: target, headers, media types, CMW, base64, session ids. No sockets.
//
// The input is lines: method and target, then headers up to an empty line, then the body. "@" in the target stands for
// the id of a session that is open.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "crypto/random.h"
#include "evidence/media_types.h"
#include "service/http/accept.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/provisioning_api.h"
#include "service/verifier/verification_api.h"
#include "support/open_router.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::service {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

http::Method method_of(std::string_view name) {
  for (const auto method : {http::Method::get, http::Method::head, http::Method::post, http::Method::remove}) {
    if (http::name(method) == name) return method;
  }
  return http::Method::other;
}

struct Service {
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<const verifier::Engine> engine =
      std::make_shared<const verifier::Engine>(store, clock, verifier::Policy{}, verifier::Engine::Identity{});
  std::shared_ptr<Sessions> sessions =
      std::make_shared<MemorySessions>(SessionLimits{.sessions = 100}, clock, crypto::system_random());
  http::Router router;

  Service() {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    const VerificationApi verification({.sessions = sessions,
                                        .appraiser = verifier::local_appraiser(engine),
                                        .media_types = engine->media_types(),
                                        .signer = std::make_shared<const ResultSigner>(ResultSigner::make(key).value()),
                                        .random = crypto::system_random()});
    const ProvisioningApi provisioning({.store = store, .signers = {.insecure_unsigned = true}, .clock = clock});
    router = test::open_router(verification, provisioning);
  }
};

http::Request parse(std::string_view input, std::string_view session_id) {
  http::Request request;
  const std::string_view first = take_line(input);
  const std::size_t space = std::min(first.find(' '), first.size());
  request.method = method_of(first.substr(0, space));
  std::string target(first.substr(std::min(space + 1, first.size())));
  if (const std::size_t at = target.find('@'); at != std::string::npos) target.replace(at, 1, session_id);
  if (auto parsed = http::parse_target(target)) request.target = *std::move(parsed);
  while (!input.empty()) {
    const std::string_view line = take_line(input);
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  // The server answers no request without it.
  if (request.list_header("Host").empty()) request.headers.emplace_back("Host", "127.0.0.1");
  request.body = to_bytes(as_bytes(input));
  return request;
}

}  // namespace
}  // namespace credence::service

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  static service::Service service;
  const auto session = service.sessions->open(Nonce(Bytes(32, 0x5a)), false, {}, {});
  if (!session) std::abort();  // all sessions of earlier inputs have expired: they never run out
  const auto request = service::parse({reinterpret_cast<const char*>(data), size}, session->id);
  const auto response = service.router.handle(request);
  // Whatever is asked, the answer is one of the statuses that docs/verifier-api.md lists.
  if (response.status < 200 || response.status >= 500) std::abort();
  service.clock->advance(std::chrono::minutes(3));
  return 0;
}
