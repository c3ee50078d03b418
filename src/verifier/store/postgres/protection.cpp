#include "verifier/store/postgres/protection.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <format>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string_view>
#include <vector>

namespace credence::verifier {
namespace {

struct FinishConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct FreeConninfo {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

class EffectiveOptions {
 public:
  // libpq merges string, service, environment and defaults only for a connection that begins, and PQconndefaults() does
  // not know the service that a string names. So one begins, with a channel binding that does not exist: libpq refuses
  // it when all is merged, before it looks for any server.
  static Result<EffectiveOptions> of(const std::string& connection) {
    constexpr const char* kNoChannelBinding = "none: this asks for the options alone";
    const std::array<const char*, 3> names{"dbname", "channel_binding", nullptr};
    const std::array<const char*, 3> values{connection.c_str(), kNoChannelBinding, nullptr};
    const std::unique_ptr<PGconn, FinishConnection> begun(PQconnectStartParams(names.data(), values.data(), 1));
    const std::unique_ptr<PQconninfoOption, FreeConninfo> found(PQconninfo(begun.get()));
    EffectiveOptions options;
    for (const PQconninfoOption* option = found.get(); option != nullptr && option->keyword != nullptr; ++option)
      if (option->val != nullptr) options.values_.emplace(option->keyword, option->val);
    // What libpq says of a string that it cannot read may quote it, password included.
    if (PQstatus(begun.get()) != CONNECTION_BAD || options["channel_binding"] != kNoChannelBinding)
      return fail(
          Errc::configuration,
          "store: expected what libpq can read, such as postgresql://HOST/DATABASE?sslmode=verify-full: look at "
          "the names of its parameters, and at the service that it, or PGSERVICE, names");
    return options;
  }

  // Empty when it is not set.
  [[nodiscard]] std::string_view operator[](std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view() : std::string_view(found->second);
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (const auto item : std::views::split(list, ',')) items.emplace_back(item.begin(), item.end());
  return items;
}

bool is_loopback_address(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

// As libpq tells them apart: "/..." and "@..." are sockets, and so is no host at all.
bool is_of_this_machine(const std::string& host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
         is_loopback_address(host);
}

// libpq tries them in turn. An address counts before the host of its place, which then is only a name for the
// certificate.
std::optional<std::string> first_elsewhere(const EffectiveOptions& options) {
  const std::vector<std::string> hosts = items_of(options["host"]), addresses = items_of(options["hostaddr"]);
  for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
    const bool has_address = i < addresses.size() && !addresses[i].empty();
    std::string target = has_address ? addresses[i] : i < hosts.size() ? hosts[i] : std::string();
    if (!is_of_this_machine(target)) return target;
  }
  return std::nullopt;
}

}  // namespace

Result<void> check_postgres_protection(const std::string& connection, RemoteServer remote) {
  TRY(const EffectiveOptions options, EffectiveOptions::of(connection));
  if (remote == RemoteServer::insecure) return {};
  const auto elsewhere = first_elsewhere(options);
  const std::string_view mode = options["sslmode"];
  if (!elsewhere || mode == "verify-full" || mode == "verify-ca") return {};
  return fail(
      Errc::configuration,
      std::format("store: expected sslmode=verify-full (or verify-ca) for a PostgreSQL server beyond this machine, got "
                  "sslmode={} for {}: whoever is on the way could change what is trusted. Add sslmode=verify-full, and "
                  "sslrootcert=FILE with the authority of its certificate, or choose --insecure-store-connection",
                  mode, *elsewhere));
}

}  // namespace credence::verifier
