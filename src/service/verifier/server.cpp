#include "service/verifier/server.h"

#include <algorithm>
#include <format>
#include <thread>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "service/access/access.h"
#include "service/access/bearer_token.h"
#include "service/verifier/change_feed_api.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/discovery_api.h"
#include "service/verifier/file.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/provisioning_api.h"
#include "service/verifier/routes.h"
#include "service/verifier/sealed_sessions.h"
#include "service/verifier/verification_api.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/postgres/session_ledger.h"
#include "verifier/store/postgres/store.h"
#include "verifier/store/sqlite/store.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxAnchorFile = 1 << 20;
constexpr std::string_view kVersion = CREDENCE_VERSION;

bool is_postgres(const std::string& store) { return store.starts_with("postgresql:"); }

Result<std::shared_ptr<verifier::Store>> open_store(const std::string& specification) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (specification == "memory:") return verifier::memory_store();
  if (specification.starts_with(kSqlite) && specification.size() > kSqlite.size()) {
    return verifier::open_sqlite_store(specification.substr(kSqlite.size()));
  }
  if (is_postgres(specification)) return verifier::open_postgres_store(specification);
  return fail(Errc::usage,
              std::format("store: expected memory:, sqlite:FILE or postgresql://..., got \"{}\"", specification));
}

Result<std::vector<crypto::Certificate>> read_anchors(const std::vector<std::filesystem::path>& files) {
  std::vector<crypto::Certificate> anchors;
  for (const std::filesystem::path& file : files) {
    TRY(const SecretBytes pem, read_file(file, kMaxAnchorFile));
    auto certificates = crypto::certificates_from_pem(as_text(pem.view()));
    if (!certificates) return fail_in(Errc::configuration, file.string(), certificates.error().text());
    anchors.insert(anchors.end(), certificates->begin(), certificates->end());
  }
  return anchors;
}

// Nobody gets plain HTTP, or less than what was meant, by leaving something out.
Result<void> check_transport(const VerifierOptions& options, Log& log) {
  if (options.tls && options.insecure_http) {
    return fail(Errc::usage, "a certificate and insecure HTTP exclude each other");
  }
  if (!options.tls && !options.insecure_http) {
    return fail(Errc::usage, "expected a certificate and its key, or the explicit choice of insecure HTTP");
  }
  TRY(const bool loopback, http::is_loopback_address(options.address));
  if (options.insecure_http && !loopback) {
    log.write(LogLevel::warning, "insecure HTTP beyond loopback: anybody on the way reads evidence and tokens");
  }
  if (!options.provisioning_token) {
    log.write(LogLevel::warning,
              loopback ? "provisioning is open to every local user, no token is configured: close it with "
                         "--provisioning-token FILE"
                       : "provisioning is closed: no token is configured and the listener is not on loopback");
  }
  return {};
}

// Of a listener on loopback without any credential configured, the programs of this machine are the operators.
Result<std::shared_ptr<const access::Access>> access_of(const VerifierOptions& options) {
  access::Access::Parts parts;
  if (options.provisioning_token) {
    TRY(access::BearerTokens tokens, access::BearerTokens::from_token_file(*options.provisioning_token));
    parts.methods.push_back(std::make_shared<const access::BearerTokens>(std::move(tokens)));
  }
  TRY(const bool loopback, http::is_loopback_address(options.address));
  parts.open_to_local_callers = loopback && parts.methods.empty();
  return std::make_shared<const access::Access>(std::move(parts));
}

Result<ProvisioningApi> provisioning_api(const VerifierOptions& options, std::shared_ptr<verifier::Store> store,
                                         Log& log) {
  TRY(auto anchors, read_anchors(options.corim_anchors));
  return ProvisioningApi({.store = std::move(store),
                          .anchors = std::move(anchors),
                          .sessions = std::make_shared<ProvisioningSessions>(
                              options.clock, options.random ? options.random : crypto::system_random()),
                          .clock = options.clock,
                          .log = &log});
}

Result<std::shared_ptr<Sessions>> make_sessions(const VerifierOptions& options, std::shared_ptr<const Random> random) {
  if (!options.session_keys) return std::make_shared<MemorySessions>(SessionLimits{}, options.clock, std::move(random));
  // A sealed session that is spent here and not there could be spent once on every verifier.
  if (!is_postgres(options.store))
    return fail(Errc::usage, "sealed sessions need a store that verifiers share: expected postgresql://...");
  TRY(SessionKeys keys, SessionKeys::from_file(*options.session_keys));
  const unsigned threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  TRY(auto ledger, verifier::open_postgres_session_ledger(options.store, threads));
  return std::make_shared<SealedSessions>(SealedSessions::Parts{.keys = std::move(keys),
                                                                .ledger = std::move(ledger),
                                                                .clock = options.clock,
                                                                .random = std::move(random),
                                                                .longest_result_lifetime = options.result_lifetime});
}

// Another one for other keys; 64 bits are enough to see a change that nobody forges.
std::string fingerprint(const json::Array& keys) {
  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(json::to_text(keys)));
  return digest ? to_hex(digest->view().first(8)) : std::string("unknown");
}

// Engine, store and signer of one tenant behind the three APIs.
Result<Routes> routes_of(const VerifierOptions& options, Log& log) {
  TRY(auto store, open_store(options.store));
  TRY(ResultSigner made_signer, open_result_signer(options.keys, options.result_lifetime, options.clock->now(), log));
  const auto signer = std::make_shared<const ResultSigner>(std::move(made_signer));
  const auto random = options.random ? options.random : crypto::system_random();
  const auto engine = std::make_shared<const verifier::Engine>(
      store, options.clock, options.policy,
      verifier::Engine::Identity{.developer = "Credence", .build = std::string(kVersion), .issuer = options.issuer});

  TRY(auto sessions, make_sessions(options, random));
  Routes routes;
  VerificationApi({.sessions = std::move(sessions),
                   .appraiser = verifier::local_appraiser(engine),
                   .media_types = engine->media_types(),
                   .signer = signer,
                   .random = random,
                   .dialect = options.nonce_dialect,
                   .result_lifetime = options.result_lifetime,
                   .compatibility = options.policy.compatibility,
                   .log = &log})
      .add_routes(routes);
  const auto key_set = [signer, clock = options.clock] { return fingerprint(signer->jwks(clock->now())); };
  ChangeFeedApi(std::make_shared<ChangeFeed>(ChangeFeed::Sources{.store = store, .keys = key_set}),
                options.max_connections / 2)
      .add_routes(routes);
  TRY(const ProvisioningApi provisioning, provisioning_api(options, std::move(store), log));
  provisioning.add_routes(routes);
  add_jwks_route(routes, signer, options.clock);
  DiscoveryApi({.signer = signer,
                .evidence_types = engine->media_types(),
                .corim_types = corim_media_types(),
                .version = std::string(kVersion),
                .clock = options.clock})
      .add_routes(routes);
  return routes;
}

Result<http::Router> make_router(const VerifierOptions& options, Log& log) {
  Front::Parts parts{.access = {}, .rates = {}, .audit = {}, .clock = options.clock, .log = &log};
  TRY(parts.access, access_of(options));
  if (options.audit_log) {
    TRY(parts.audit, audit::Log::open(*options.audit_log, options.clock));
    CHECK(parts.audit->append({.action = "start", .outcome = audit::Outcome::done}, audit::Durability::at_once));
  }
  Tenants tenants;
  TRY(tenants[std::string(access::kDefaultTenant)], routes_of(options, log));
  return router_of(tenants, std::make_shared<Front>(std::move(parts)));
}

}  // namespace

struct VerifierServer::State {
  std::string address;
  bool tls = false;
  std::unique_ptr<http::Server> server;
};

VerifierServer::VerifierServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
VerifierServer::~VerifierServer() = default;

Result<std::unique_ptr<VerifierServer>> VerifierServer::start(VerifierOptions options, Log& log) {
  CHECK(check_transport(options, log));
  TRY(http::Router router, make_router(options, log));
  http::ServerOptions listener{.address = options.address,
                               .port = options.port,
                               .tls = options.tls,
                               .threads = options.threads,
                               .limits = {.connections = options.max_connections}};
  TRY(auto server, http::Server::start(std::move(listener), std::move(router), log));
  auto started = std::unique_ptr<VerifierServer>(new VerifierServer(std::make_unique<State>(
      State{.address = options.address, .tls = options.tls.has_value(), .server = std::move(server)})));
  log.write(LogLevel::info, std::format("verifier listens on {}, store {}", started->url(), options.store));
  return started;
}

std::uint16_t VerifierServer::port() const noexcept { return state_->server->port(); }

std::string VerifierServer::url() const {
  const bool is_ipv6 = state_->address.contains(':');
  return std::format("{}://{}{}{}:{}", state_->tls ? "https" : "http", is_ipv6 ? "[" : "", state_->address,
                     is_ipv6 ? "]" : "", port());
}

void VerifierServer::run() { state_->server->run(); }
void VerifierServer::stop() { state_->server->stop(); }

}  // namespace credence::service
