// Sessions over HTTP with the verifier in this process, on a thread of its own: what one of them costs it. For
// callgrind, whose counts the rest of the machine does not change:
//
//   valgrind --tool=callgrind --separate-threads=yes bench_service --sessions 200 2>/dev/null
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <utility>

#include "base/text.h"
#include "channel_request.h"
#include "crypto/random.h"
#include "measure.h"
#include "service/http/server.h"
#include "service/log_spdlog.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/verification_api.h"
#include "session_client.h"
#include "support/open_router.h"
#include "value_of.h"

namespace {

using namespace credence;

service::http::Router router(std::shared_ptr<const verifier::Engine> engine, Log& log) {
  auto key = bench::value_of(crypto::PrivateKey::generate(crypto::KeyType::ec_p256), "key");
  return test::open_router(
      service::VerificationApi({.sessions = std::make_shared<service::MemorySessions>(
                                    service::SessionLimits{}, system_clock(), crypto::system_random()),
                                .appraiser = verifier::local_appraiser(engine),
                                .media_types = engine->media_types(),
                                .signer = std::make_shared<const service::ResultSigner>(
                                    bench::value_of(service::ResultSigner::make(std::move(key)), "signer")),
                                .random = crypto::system_random(),
                                .log = &log}));
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int count, char** arguments) {
  const long sessions =
      std::strtol(std::string(bench::argument(count, arguments, "--sessions", "2000")).c_str(), nullptr, 10);
  const bench::SoftwarePlatform platform;
  const verifier::AppraisalRequest request = bench::channel_request(*platform.root);
  const auto log = service::stderr_log(service::LogFormat::json, LogLevel::info);
  const auto server = bench::value_of(service::http::Server::start({}, router(platform.engine, *log), *log), "server");
  double server_seconds = 0;
  std::jthread serving([&] {
    const double before = thread_seconds();
    server->run();
    server_seconds = thread_seconds() - before;
  });
  const auto& binder = std::get<evidence::Binder>(request.challenge);
  const bench::Load load{.verifier = {bench::asio::ip::make_address("127.0.0.1"), server->port()},
                         .nonce = to_base64url(binder.view()),
                         .type = request.media_type,
                         .evidence = std::string(as_text(request.evidence))};
  {
    bench::Client client(load);
    for (long i = 0; i < sessions; ++i) client.run_session();
  }
  server->stop();
  serving.join();
  std::printf(R"({"name":"service","sessions":%ld,"server_cpu_us":%.2f})"
              "\n",
              sessions, server_seconds * 1e6 / static_cast<double>(sessions));
}
