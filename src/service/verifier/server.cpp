#include "service/verifier/server.h"

#include <algorithm>
#include <array>
#include <exception>
#include <format>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "service/access/access.h"
#include "service/access/methods.h"
#include "service/metrics/http_metrics.h"
#include "service/metrics/process_metrics.h"
#include "service/metrics/verifier_metrics.h"
#include "service/policy/opa_language.h"
#include "service/policy/policy_appraiser.h"
#include "service/verifier/change_feed_api.h"
#include "service/verifier/clock_watch.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/coserv_api.h"
#include "service/verifier/discovery_api.h"
#include "service/verifier/exposure.h"
#include "service/verifier/fingerprint.h"
#include "service/verifier/given_nonces.h"
#include "service/verifier/health.h"
#include "service/verifier/in_force.h"
#include "service/verifier/inputs.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/management_api.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/operations_api.h"
#include "service/verifier/provisioning_api.h"
#include "service/verifier/reload_record.h"
#include "service/verifier/routes.h"
#include "service/verifier/sealed_sessions.h"
#include "service/verifier/sealed_submissions.h"
#include "service/verifier/store_specification.h"
#include "service/verifier/tenant.h"
#include "service/verifier/tenant_signer.h"
#include "service/verifier/unchanged.h"
#include "service/verifier/verification_api.h"
#include "verifier/engine.h"
#include "verifier/policy/lua/language.h"
#include "verifier/policy/policies.h"
#include "verifier/scheme/scheme.h"
#include "verifier/store/postgres/session_ledger.h"

namespace credence::service {
namespace {

constexpr std::string_view kVersion = CREDENCE_VERSION;

Result<void> check_exposure(const VerifierOptions& options, Log& log) {
  CHECK(check_transport(options));
  CHECK(check_callers(options));
  for (const Exposure& exposure : exposures(options)) log.write(LogLevel::warning, exposure.what);
  return {};
}

// What a tenant has for itself, and no other tenant's handlers can reach.
struct OwnParts {
  std::string tenant;
  std::shared_ptr<verifier::Store> store{};
  std::shared_ptr<SigningKeyOpener> keys = std::make_shared<SigningKeyOpener>();
  std::shared_ptr<InForce> in_force{};
  std::shared_ptr<Sessions> sessions{};
  std::shared_ptr<ProvisioningSessions> submissions{};
  std::shared_ptr<const ChangeFeedApi> changes{};  // followers stay when the configuration changes
  std::shared_ptr<WorkerPool> slow{};              // for appraisals whose policy is
  std::shared_ptr<GivenNonces> given = std::make_shared<GivenNonces>();
};

// What stays when the configuration changes at run time.
struct Lasting {
  std::vector<OwnParts> tenants;      // the default one first
  std::shared_ptr<audit::Log> audit;  // null: none is kept
  std::shared_ptr<VerifierMetrics> metrics;
  std::shared_ptr<GuardedClock> clock;  // everybody's
  std::shared_ptr<Health> health;
};

std::shared_ptr<const Random> random_of(const VerifierOptions& options) {
  return options.random ? options.random : crypto::system_random();
}

void add_health_checks(const OwnParts& own, const std::shared_ptr<VerifierMetrics>& metrics,
                       const std::shared_ptr<const Clock>& clock, std::vector<HealthCheck>& checks) {
  // A key in a device may go away. What is signed here says nothing, and is thrown away.
  const auto sign = [in_force = own.in_force, clock]() -> Result<void> {
    rats::Ear nothing;
    nothing.issued_at = clock->now();
    CHECK(in_force->signer()->sign(nothing));
    return {};
  };
  const auto ask = [store = own.store, metrics] {
    auto answered = store->probe();
    if (!answered) metrics->store_failed();
    return answered;
  };
  const std::string of = own.tenant == access::kDefaultTenant ? "" : " of " + own.tenant;
  checks.push_back({.name = "store" + of, .check = ask});
  checks.push_back({.name = "signing-key" + of, .check = sign, .period = std::chrono::seconds(30)});
}

Result<std::vector<HealthCheck>> health_checks(const Lasting& lasting, Log& log) {
  std::vector<HealthCheck> checks;
  for (const OwnParts& own : lasting.tenants) add_health_checks(own, lasting.metrics, lasting.clock, checks);
  add_clock_metrics(*lasting.metrics->metrics(), lasting.clock);
  TRY(HealthCheck clock, clock_check(lasting.clock, lasting.tenants.front().store, log));
  checks.push_back(std::move(clock));
  return checks;
}

// Null without a key that sessions are sealed with.
Result<std::shared_ptr<verifier::SessionLedger>> open_ledger(const VerifierOptions& options, const std::string& store) {
  if (!options.session_keys) return nullptr;
  // A sealed session that is spent here and not there could be spent once on every verifier.
  if (!is_shared_store(store))
    return fail(Errc::usage, "sealed sessions need a store that verifiers share: expected postgresql://...");
  const unsigned threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  return verifier::open_postgres_session_ledger(store, threads, options.remote_store);
}

Result<std::shared_ptr<ProvisioningSessions>> make_submissions(const VerifierOptions& options, const OwnParts& own,
                                                               std::shared_ptr<verifier::SessionLedger> ledger) {
  if (!ledger) return std::make_shared<ProvisioningSessions>(options.clock, random_of(options));
  TRY(SessionKeys keys, SessionKeys::from_file(*options.session_keys, own.tenant, SealedFor::submission));
  auto sealed = std::make_shared<const SealedSubmissions>(SealedSubmissions::Parts{.keys = std::move(keys),
                                                                                   .ledger = std::move(ledger),
                                                                                   .store = own.store,
                                                                                   .clock = options.clock,
                                                                                   .random = random_of(options)});
  return std::make_shared<ProvisioningSessions>(options.clock, random_of(options), std::move(sealed));
}

Result<std::shared_ptr<Sessions>> make_sessions(const VerifierOptions& options, const std::string& tenant,
                                                std::shared_ptr<verifier::SessionLedger> ledger) {
  if (!ledger) return std::make_shared<MemorySessions>(SessionLimits{}, options.clock, random_of(options));
  TRY(SessionKeys keys, SessionKeys::from_file(*options.session_keys, tenant));
  // The longest lifetime of results may change while sessions live: it bounds what is asked for when a session is
  // opened, and again when its result is made.
  return std::make_shared<SealedSessions>(
      SealedSessions::Parts{.keys = std::move(keys),
                            .ledger = std::move(ledger),
                            .clock = options.clock,
                            .random = random_of(options),
                            .longest_result_lifetime = std::max(kMaxResultLifetime, options.result_lifetime)});
}

// Of all tenants together, followers hold at most half of the connections.
Result<std::shared_ptr<const ChangeFeedApi>> make_changes(const VerifierOptions& options, const OwnParts& own,
                                                          std::string_view store, std::size_t tenants) {
  ChangeFeed::Sources sources{.store = own.store};
  sources.keys = [in_force = own.in_force, clock = options.clock] {
    return fingerprint(in_force->signer()->jwks(clock->now()));
  };
  sources.options = [in_force = own.in_force] { return in_force->options(); };
  if (is_memory_store(store)) {
    std::array<std::uint8_t, 8> instance{};
    CHECK(random_of(options)->fill(instance));
    sources.instance = to_hex(instance);
  }
  return std::make_shared<const ChangeFeedApi>(std::make_shared<ChangeFeed>(std::move(sources)),
                                               std::max<std::size_t>(1, options.max_connections / 2 / tenants));
}

Result<OwnParts> make_own(const VerifierOptions& options, const std::string& tenant, std::size_t tenants, Log& log) {
  OwnParts own{.tenant = tenant};
  TRY(const std::string store, store_of_tenant(options.store, tenant));
  TRY(own.store, open_store(store, options.remote_store));
  own.store->bound_staleness(options.max_staleness);
  own.slow = std::make_shared<WorkerPool>(kSlowAppraisals, kSlowAppraisals + kWaitingAppraisals);
  TRY(auto signer, open_tenant_signer(options, tenant, *own.keys, log));
  own.in_force = std::make_shared<InForce>(std::move(signer), options_fingerprint(options));
  TRY(const auto ledger, open_ledger(options, store));
  TRY(own.sessions, make_sessions(options, tenant, ledger));
  TRY(own.submissions, make_submissions(options, own, ledger));
  TRY(own.changes, make_changes(options, own, store, tenants));
  return own;
}

Error of_tenant(const std::string& tenant, Error error) {
  return tenant == access::kDefaultTenant ? error : within("tenant " + tenant, std::move(error)).error();
}

Result<std::vector<OwnParts>> make_tenants(const VerifierOptions& options, const access::AccessConfig& config,
                                           Log& log) {
  std::vector<OwnParts> tenants;
  for (const std::string& tenant : config.tenants) {
    auto own = make_own(options, tenant, config.tenants.size(), log);
    if (!own) return std::unexpected(of_tenant(tenant, std::move(own).error()));
    tenants.push_back(*std::move(own));
  }
  return tenants;
}

Result<std::shared_ptr<audit::Log>> open_audit_log(const VerifierOptions& options, const Inputs& inputs, Log& log) {
  const auto failed = [&log](const Error& error) { log.write(LogLevel::error, error.text()); };
  TRY(std::shared_ptr<audit::Log> opened, audit::Log::open(*options.audit_log, options.clock, failed));
  audit::Entry start{.action = "start", .outcome = audit::Outcome::done, .object = inputs.object};
  if (opened->goes_on_in_empty_file())
    start.reason = std::format("the file was empty, and the lines up to {} are in others", opened->end().sequence);
  CHECK(opened->append(start, audit::Durability::at_once));
  return opened;
}

Result<Lasting> make_lasting(const VerifierOptions& options, const Inputs& inputs, std::shared_ptr<GuardedClock> clock,
                             Log& log) {
  Lasting lasting{.tenants = {}, .audit = {}, .metrics = {}, .clock = std::move(clock), .health = {}};
  TRY(lasting.tenants, make_tenants(options, inputs.access, log));
  if (options.audit_log) {
    TRY(lasting.audit, open_audit_log(options, inputs, log));
  }
  lasting.metrics = std::make_shared<VerifierMetrics>(std::make_shared<Metrics>(), kVersion);
  for (const OwnParts& own : lasting.tenants)
    lasting.metrics->watch(own.tenant, own.store, [sessions = own.sessions] { return sessions->count(); });
  add_process_metrics(lasting.metrics->metrics());
  TRY(auto checks, health_checks(lasting, log));
  lasting.health = std::make_shared<Health>(std::move(checks), log, options.heartbeat);
  return lasting;
}

void take_signers_in_force(const Lasting& lasting, Inputs& inputs) {
  for (const OwnParts& own : lasting.tenants) inputs.signers[own.tenant] = own.in_force->signer();
}

// Says which keys are new ones: whoever has one is believed.
Result<void> read_signers_again(const VerifierOptions& options, const Lasting& lasting, Inputs& inputs) {
  for (const OwnParts& own : lasting.tenants) {
    const InForce::Signer before = own.in_force->signer();
    auto signer = reopen_tenant_signer(options, own.tenant, *own.keys, *before);
    if (!signer) return std::unexpected(of_tenant(own.tenant, std::move(signer).error()));
    for (const std::string& kid : (*signer)->new_kids(*before, options.clock->now()))
      add_input(inputs.object, "signing-key " + kid);
    inputs.signers[own.tenant] = *std::move(signer);
  }
  return {};
}

// What followers of each tenant hear of.
using Told = std::vector<std::pair<InForce::Signer, std::string>>;

Told told_of(const VerifierOptions& options, const Inputs& inputs, const Lasting& lasting) {
  Told told;
  for (const OwnParts& own : lasting.tenants)
    told.emplace_back(inputs.signers.at(own.tenant), options_fingerprint(options));
  return told;
}

Result<std::shared_ptr<const access::Access>> access_of(const VerifierOptions& options,
                                                        const access::AccessConfig& config) {
  TRY(access::Access::Parts parts,
      access::access_parts(config, options.provisioning_token, options.clock, *random_of(options)));
  parts.open_to_local_callers = options.insecure_local_callers;
  return std::make_shared<const access::Access>(std::move(parts));
}

ProvisioningApi provisioning_api(const VerifierOptions& options, const Inputs& inputs, const OwnParts& own,
                                 const Lasting& lasting, Log& log) {
  return ProvisioningApi({.store = own.store,
                          .signers = {.anchors = inputs.anchors, .insecure_unsigned = options.insecure_unsigned_corims},
                          .sessions = own.submissions,
                          .clock = options.clock,
                          .metrics = lasting.metrics,
                          .audit = lasting.audit,
                          .log = &log});
}

OperationsApi operations_api(const Lasting& lasting, MetricsAccess access) {
  return OperationsApi({.metrics = lasting.metrics->metrics(), .health = lasting.health, .access = access});
}

std::shared_ptr<verifier::Policies> policies_over(const VerifierOptions& options, const OwnParts& own) {
  std::vector<std::shared_ptr<const verifier::PolicyLanguage>> languages{verifier::lua_language(options.clock)};
  if (options.opa) languages.push_back(opa_language(options.opa));
  return std::make_shared<verifier::Policies>(verifier::Policies::Parts{.store = own.store,
                                                                        .languages = std::move(languages),
                                                                        .clock = options.clock,
                                                                        .random = random_of(options),
                                                                        .names = options.peer_names});
}

std::vector<std::string> scheme_names() {
  std::vector<std::string> names;
  for (const verifier::Scheme* scheme : verifier::schemes()) names.emplace_back(scheme->name());
  return names;
}

std::vector<std::string> media_types_of(const verifier::Policies& policies) {
  std::vector<std::string> types;
  for (const auto& language : policies.languages()) types.emplace_back(language->media_type());
  return types;
}

// Engine, store and signer of one tenant behind the APIs.
Routes routes_of(const VerifierOptions& options, const Inputs& inputs, const OwnParts& own, const Lasting& lasting,
                 Log& log) {
  const std::shared_ptr<VerifierMetrics>& metrics = lasting.metrics;
  const InForce::Signer& signer = inputs.signers.at(own.tenant);
  const auto policies = policies_over(options, own);
  const auto engine = std::make_shared<const verifier::Engine>(
      own.store, options.clock, options.policy,
      verifier::Engine::Identity{.developer = "Credence", .build = std::string(kVersion), .issuer = options.issuer},
      policies);

  Routes routes;
  VerificationApi({.sessions = own.sessions,
                   .appraiser = policy_appraiser(engine, policies, own.slow),
                   .media_types = engine->media_types(),
                   .signer = signer,
                   .random = random_of(options),
                   .dialect = options.nonce_dialect,
                   .result_lifetime = options.result_lifetime,
                   .compatibility = options.policy.compatibility,
                   .metrics = metrics,
                   .log = &log,
                   .given = own.given})
      .add_routes(routes);
  own.changes->add_routes(routes);
  CoservApi({.store = own.store,
             .key = [signer](Timestamp now) { return signer->key(now); },
             .lifetime = options.coserv_lifetime,
             .version = std::string(kVersion),
             .clock = options.clock,
             .log = &log})
      .add_routes(routes);
  provisioning_api(options, inputs, own, lasting, log).add_routes(routes);
  ManagementApi({.policies = policies, .engine = engine, .sessions = own.sessions, .log = &log}).add_routes(routes);
  add_jwks_route(routes, signer, options.clock);
  DiscoveryApi({.signer = signer,
                .evidence_types = engine->media_types(),
                .corim_types = corim_media_types(),
                .schemes = scheme_names(),
                .policy_types = media_types_of(*policies),
                .version = std::string(kVersion),
                .clock = options.clock,
                .health = lasting.health})
      .add_routes(routes);
  return routes;
}

Result<http::Router> make_router(const VerifierOptions& options, const Inputs& inputs, const Lasting& lasting,
                                 Log& log) {
  const access::AccessConfig& config = inputs.access;
  Front::Parts parts{.access = {},
                     .rates = {.client = config.client_rate, .principal = config.principal_rate},
                     .audit = lasting.audit,
                     .clock = options.clock,
                     .log = &log};
  TRY(parts.access, access_of(options, config));
  Tenants tenants;
  for (const OwnParts& own : lasting.tenants) tenants[own.tenant] = routes_of(options, inputs, own, lasting, log);
  TRY(http::Router router, router_of(tenants, std::make_shared<Front>(std::move(parts))));
  operations_api(lasting, options.metrics ? MetricsAccess::nobody : MetricsAccess::local_callers).add_routes(router);
  return router;
}

http::ServerOptions listener_options(const VerifierOptions& options, const Lasting& lasting,
                                     const http::Router& router) {
  return {.address = options.address,
          .port = options.port,
          .tls = options.tls,
          .threads = options.threads,
          .limits = {.connections = options.max_connections, .stop_time = options.drain_time},
          .observer = http_metrics(lasting.metrics->metrics(), router),
          .trusted_proxies = options.trusted_proxies};
}

Result<http::ServerOptions> metrics_options(const VerifierOptions& options) {
  TRY(const bool loopback, http::is_loopback_address(options.metrics->address));
  http::ServerOptions listener{.address = options.metrics->address,
                               .port = options.metrics->port,
                               .limits = {.connections = 16, .stop_time = std::chrono::seconds(1)}};
  if (!loopback) listener.tls = options.tls;
  return listener;
}

http::Router metrics_router(const Lasting& lasting) {
  http::Router router;
  operations_api(lasting, MetricsAccess::everybody).add_routes(router);
  return router;
}

}  // namespace

struct VerifierServer::State {
  VerifierOptions options;  // as started
  Log& log;
  Lasting lasting;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Server> metrics;  // null: none of its own

  // `entry` says how far it came: for what has begun an end is written, when memory runs out, too.
  Result<void> try_reload(const VerifierOptions& after, audit::Entry& entry) {
    try {
      return reload(after, entry);
    } catch (const std::exception& exception) {
      return fail(Errc::internal, exception.what());
    }
  }

  Result<void> reload(VerifierOptions after, audit::Entry& entry) {
    after.clock = lasting.clock;
    if (!after.config_sha256.empty()) add_input(entry.object, "config", after.config_sha256);
    CHECK(check_unchanged(options, after));
    CHECK(check_exposure(after, log));
    TRY(Inputs inputs, read_inputs(after));
    entry.object = inputs.object;
    if (!std::ranges::equal(inputs.access.tenants, lasting.tenants, {}, {}, &OwnParts::tenant))
      return fail(Errc::configuration, "tenants cannot change while the verifier runs: restart it");
    CHECK(read_signers_again(after, lasting, inputs));
    entry.object = inputs.object;
    Told told = told_of(after, inputs, lasting);
    TRY(http::Router router, make_router(after, inputs, lasting, log));
    const http::ServerOptions listener = listener_options(after, lasting, router);
    CHECK(record().begin(entry));
    http::Server::Change change_metrics = [] {};
    if (metrics != nullptr) {
      TRY(const http::ServerOptions own, metrics_options(after));
      TRY(change_metrics, metrics->prepare_reload(own, metrics_router(lasting)));
    }
    CHECK(server->reload(listener, std::move(router)));
    change_metrics();
    put_in_force(after, told);
    return {};
  }

  // After the router: a follower that hears of new keys or options finds them there. Takes no memory: all of it is in
  // force, or nothing.
  void put_in_force(const VerifierOptions& after, Told& told) noexcept {
    lasting.clock->guard(!after.insecure_clock_set_back);
    for (std::size_t i = 0; i < lasting.tenants.size(); ++i) {
      const OwnParts& own = lasting.tenants[i];
      own.store->bound_staleness(after.max_staleness);
      own.in_force->exchange(std::move(told[i].first), std::move(told[i].second));
    }
  }

  // Last: whatever happens to the files, the keys are in force and the audit log says so.
  void publish_signers(const VerifierOptions& options_in_force) noexcept {
    in_any_case(log, "the signing keys in force are not published: reload again", [&] {
      VerifierOptions after = options_in_force;
      after.clock = lasting.clock;
      for (const OwnParts& own : lasting.tenants)
        publish_tenant_signer(after, own.tenant, *own.keys, *own.in_force->signer(), log);
    });
  }

  // Nobody is served any more. Appraisals that wait for their policy are cancelled: they write to the log, which lives
  // as long as this.
  void end() {
    metrics.reset();
    server.reset();
    for (const OwnParts& own : lasting.tenants) own.slow->end();
  }

  [[nodiscard]] ReloadRecord record() const { return {lasting.audit, lasting.metrics, log}; }
};

VerifierServer::VerifierServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
VerifierServer::~VerifierServer() { state_->end(); }

Result<std::unique_ptr<VerifierServer>> VerifierServer::start(VerifierOptions options, Log& log) {
  CHECK(check_exposure(options, log));
  const auto clock = watched_clock(std::move(options.clock), options.insecure_clock_set_back);
  options.clock = clock;
  TRY(Inputs inputs, read_inputs(options));
  TRY(Lasting lasting, make_lasting(options, inputs, clock, log));
  take_signers_in_force(lasting, inputs);
  TRY(http::Router router, make_router(options, inputs, lasting, log));
  http::ServerOptions listener = listener_options(options, lasting, router);
  TRY(auto server, http::Server::start(std::move(listener), std::move(router), log));
  std::unique_ptr<http::Server> metrics;
  if (options.metrics) {
    TRY(http::ServerOptions own, metrics_options(options));
    TRY(metrics, http::Server::start(std::move(own), metrics_router(lasting), log));
  }
  const std::string store = without_password(options.store);
  auto started = std::unique_ptr<VerifierServer>(
      new VerifierServer(std::make_unique<State>(State{.options = std::move(options),
                                                       .log = log,
                                                       .lasting = std::move(lasting),
                                                       .server = std::move(server),
                                                       .metrics = std::move(metrics)})));
  log.write(LogLevel::info, std::format("verifier listens on {}, store {}", started->url(), store));
  return started;
}

Result<void> VerifierServer::reload(const VerifierOptions& options) {
  const std::lock_guard lock(reloading_);
  audit::Entry entry = ReloadRecord::entry();
  auto changed = state_->try_reload(options, entry);
  state_->record().end(std::move(entry), changed);
  if (changed) state_->publish_signers(options);
  return changed;
}

void VerifierServer::reload_refused(const Error& why) { state_->record().refuse(why); }

std::uint16_t VerifierServer::port() const noexcept { return state_->server->port(); }

std::uint16_t VerifierServer::metrics_port() const noexcept {
  return state_->metrics != nullptr ? state_->metrics->port() : std::uint16_t{0};
}

std::string VerifierServer::url() const {
  const std::string& address = state_->options.address;
  const bool is_ipv6 = address.contains(':');
  return std::format("{}://{}{}{}:{}", state_->options.tls ? "https" : "http", is_ipv6 ? "[" : "", address,
                     is_ipv6 ? "]" : "", port());
}

std::shared_ptr<const http::Router> VerifierServer::router() const { return state_->server->router(); }

void VerifierServer::drain() { state_->lasting.health->drain(); }

void VerifierServer::run() {
  std::jthread numbers;
  if (state_->metrics != nullptr) numbers = std::jthread([this] { state_->metrics->run(); });
  state_->server->run();
  if (state_->metrics != nullptr) state_->metrics->stop();
}

void VerifierServer::stop() {
  drain();
  state_->server->stop();
}

}  // namespace credence::service
