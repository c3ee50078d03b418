// credence verifier backup and restore: what a store keeps, in a file that belongs to no database.
#include "verifier/store/backup.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/verifier/subcommands.h"
#include "cli/version.h"
#include "service/access/config.h"
#include "service/access/principal.h"
#include "service/log_spdlog.h"
#include "service/verifier/config.h"
#include "service/verifier/default_store.h"
#include "service/verifier/exposure.h"
#include "service/verifier/large_file.h"
#include "service/verifier/store_specification.h"
#include "service/verifier/tenant.h"

namespace credence::cli {
namespace {

struct Options {
  std::string file;
  std::string store;
  std::string config;
  std::string tenant;
  bool merge = false;
  bool insecure_store_connection = false;
};

struct NamedStore {
  std::string specification;
  verifier::RemoteServer remote = verifier::RemoteServer::verified;
};

// Each tenant has a store of its own: a copy of one of them must not pass for a copy of all.
Result<std::string> store_named_by(const service::VerifierConfig& config, const Options& options) {
  std::vector<std::string> tenants{std::string(service::access::kDefaultTenant)};
  if (!config.access.empty()) {
    TRY(const service::access::AccessConfig access, service::access::read_access_config(config.access));
    tenants = access.tenants;
  }
  const std::string& tenant = options.tenant.empty() ? tenants.front() : options.tenant;
  std::string names;
  for (const std::string& known : tenants) names += (names.empty() ? "" : ", ") + known;
  if (options.tenant.empty() && tenants.size() > 1)
    return fail(Errc::usage,
                std::format("{} names the tenants {}, and each has a store of its own: one at a time, with "
                            "--tenant NAME",
                            config.access, names));
  if (!std::ranges::contains(tenants, tenant))
    return fail(Errc::usage, std::format("--tenant: expected one of {}, got {}", names, tenant));
  return service::store_of_tenant(config.store, tenant);
}

verifier::RemoteServer remote_server(bool insecure) {
  return insecure ? verifier::RemoteServer::insecure : verifier::RemoteServer::verified;
}

// Of --store, else of the configuration file.
Result<NamedStore> store_of(const Options& options) {
  if (!options.store.empty()) {
    NamedStore named{.specification = options.store, .remote = remote_server(options.insecure_store_connection)};
    if (!options.tenant.empty()) {
      TRY(named.specification, service::store_of_tenant(options.store, options.tenant));
    }
    return named;
  }
  if (options.config.empty()) return fail(Errc::usage, "expected --store STORE or --config FILE");
  service::VerifierConfig config;
  CHECK(service::read_config(options.config, [](std::string_view) { return false; }, config));
  // Which it is follows from the environment of the verifier, which is not this one's: perhaps another store.
  if (config.store == service::kDefaultStore)
    return fail_in(Errc::configuration, options.config,
                   "the file names no store: name with --store what the verifier's log says at its start");
  TRY(std::string specification, store_named_by(config, options));
  return NamedStore{.specification = std::move(specification),
                    .remote = remote_server(options.insecure_store_connection || config.insecure_store_connection)};
}

Result<std::unique_ptr<verifier::Journal>> open_journal(const Options& options, service::WhenAbsent when_absent,
                                                        const Output& output) {
  TRY(const NamedStore store, store_of(options));
  if (store.remote == verifier::RemoteServer::insecure) {
    const auto format = output.as_json() ? service::LogFormat::json : service::LogFormat::text;
    service::stderr_log(format, LogLevel::warning)->write(LogLevel::warning, service::kInsecureStoreConnection);
  }
  return service::open_journal(store.specification, when_absent, store.remote);
}

// A line that is written over, for people who wait.
verifier::BackupProgress progress(const Output& output) {
  const bool wanted = !output.as_json() && ::isatty(STDERR_FILENO) == 1;
  return [wanted](std::uint64_t documents) {
    if (wanted) std::fprintf(stderr, "\r%llu documents", static_cast<unsigned long long>(documents));
  };
}

Result<ExitStatus> backup(const Options& options, const Output& output) {
  TRY(const auto journal, open_journal(options, service::WhenAbsent::fail, output));
  TRY(service::NewFile file, service::NewFile::start(options.file));
  const verifier::BackupOrigin origin{.program = std::string("credence ") + kVersion,
                                      .made = to_rfc3339(system_clock()->now())};
  const verifier::BackupSink sink = [&file](ByteView octets) { return file.write(octets); };
  TRY(const std::uint64_t documents, verifier::write_backup(*journal, origin, sink, progress(output)));
  CHECK(file.commit());
  output.facts({{"backup", options.file}, {"documents", documents}});
  return ExitStatus::done;
}

Result<ExitStatus> restore(const Options& options, const Output& output) {
  TRY(const service::MappedFile file, service::MappedFile::open(options.file));
  TRY(const auto journal, open_journal(options, service::WhenAbsent::make, output));
  const auto mode = options.merge ? verifier::RestoreMode::merge : verifier::RestoreMode::into_empty;
  auto restored = verifier::restore_backup(*journal, file.octets(), mode, progress(output));
  if (!restored) return within(options.file, std::move(restored).error());
  output.facts({{"restored", options.file},
                {"added", restored->added},
                {"known", restored->known},
                {"deactivated", restored->deactivated}});
  return ExitStatus::done;
}

CLI::App* add(CLI::App* verifier, const std::string& name, const std::string& help, Options& options) {
  auto* command = verifier->add_subcommand(name, help);
  command->add_option("FILE", options.file, "The backup")->required();
  command->add_option("--store", options.store, "sqlite:FILE or postgresql://HOST/DATABASE");
  command->add_flag("--insecure-store-connection", options.insecure_store_connection,
                    "Take a PostgreSQL server beyond this machine without TLS that checks its certificate");
  command->add_option("--config", options.config, "The verifier's configuration file, which names the store");
  command->add_option("--tenant", options.tenant, "Whose store, where the access file names tenants");
  return command;
}

}  // namespace

void add_backup(CommandLine& line, CLI::App* verifier) {
  auto options = std::make_shared<Options>();
  auto* command =
      add(verifier, "backup", "Write all that a store keeps to a file; verifiers may run meanwhile", *options);
  on_call(line, command, options, backup);
}

void add_restore(CommandLine& line, CLI::App* verifier) {
  auto options = std::make_shared<Options>();
  auto* command = add(verifier, "restore", "Fill an empty store from a backup", *options);
  command->add_flag("--merge", options->merge, "Add what the store has not; it need not be empty");
  on_call(line, command, options, restore);
}

}  // namespace credence::cli
