#include "service/verifier/store_specification.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <format>
#include <system_error>

#include "service/verifier/file.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/postgres/store.h"
#include "verifier/store/sqlite/store.h"

namespace credence::service {
namespace {

constexpr std::string_view kMemory = "memory:", kSqlite = "sqlite:", kPostgres = "postgresql:";
constexpr std::string_view kHidden = "***";

bool is_sqlite(std::string_view specification) {
  return specification.starts_with(kSqlite) && specification.size() > kSqlite.size();
}

std::unexpected<Error> no_specification(std::string_view specification) {
  return fail(Errc::usage, std::format("store: expected memory:, sqlite:FILE or postgresql://..., got \"{}\"",
                                       without_password(specification)));
}

Result<void> check_sqlite(const std::filesystem::path& file, bool probe) {
  std::error_code error;
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, error))
    return fail_in(Errc::configuration, folder.string(), "expected the folder of the store: make it");
  CHECK(check_folder_of(file));
  if (!probe || !std::filesystem::exists(file, error)) return {};
  return verifier::probe_sqlite_store(file);
}

Result<void> check_postgres(const std::string& specification, bool probe, verifier::RemoteServer remote) {
  CHECK(verifier::check_postgres_protection(specification, remote));
  return probe ? verifier::probe_postgres_store(specification, remote) : Result<void>();
}

}  // namespace

Result<std::shared_ptr<verifier::Store>> open_store(const std::string& specification, verifier::RemoteServer remote) {
  if (specification == kMemory) return verifier::memory_store();
  if (is_sqlite(specification)) return verifier::open_sqlite_store(specification.substr(kSqlite.size()));
  if (specification.starts_with(kPostgres)) return verifier::open_postgres_store(specification, remote);
  return no_specification(specification);
}

Result<std::unique_ptr<verifier::Journal>> open_journal(const std::string& specification, WhenAbsent when_absent,
                                                        verifier::RemoteServer remote) {
  if (specification.starts_with(kPostgres)) return verifier::open_postgres_journal(specification, remote);
  if (!is_sqlite(specification)) {
    if (specification == kMemory) return fail(Errc::usage, "memory: is in one process alone: nothing can copy it");
    return no_specification(specification);
  }
  const std::filesystem::path file = specification.substr(kSqlite.size());
  std::error_code error;
  if (when_absent == WhenAbsent::fail && !std::filesystem::exists(file, error))
    return fail_in(Errc::not_found, file.string(), "there is no store");
  return verifier::open_sqlite_journal(file);
}

bool is_shared_store(std::string_view specification) noexcept { return specification.starts_with(kPostgres); }
bool is_memory_store(std::string_view specification) noexcept { return specification == kMemory; }

Result<void> check_store(const std::string& specification, bool probe, verifier::RemoteServer remote) {
  if (specification == kMemory) return {};
  if (is_sqlite(specification)) return check_sqlite(specification.substr(kSqlite.size()), probe);
  if (specification.starts_with(kPostgres)) return check_postgres(specification, probe, remote);
  return no_specification(specification);
}

std::string without_password(std::string_view specification) {
  std::string shown(specification);
  // user:password@ (RFC 3986 section 3.2.1), as far as the first "/" or "?" after "//".
  const std::size_t begin = shown.find("//");
  if (begin != std::string::npos) {
    const std::size_t end = std::min(shown.find_first_of("/?", begin + 2), shown.size());
    const std::size_t at = shown.rfind('@', end);
    const std::size_t colon = shown.find(':', begin + 2);
    if (at != std::string::npos && at > begin && colon < at) shown.replace(colon + 1, at - colon - 1, kHidden);
  }
  constexpr std::string_view kParameter = "password=";
  for (std::size_t found = shown.find(kParameter); found != std::string::npos; found = shown.find(kParameter, found)) {
    found += kParameter.size();
    shown.replace(found, std::min(shown.find('&', found), shown.size()) - found, kHidden);
  }
  return shown;
}

}  // namespace credence::service
