// toml++ answers with a value instead of an exception, and writes no TOML: before anything includes it.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "service/access/config.h"

#include <algorithm>
#include <cstdint>
#include <format>
#include <initializer_list>
#include <toml++/toml.hpp>

#include "base/text.h"
#include "client/url.h"
#include "service/access/bcrypt.h"
#include "service/verifier/file.h"

namespace credence::service::access {
namespace {

constexpr std::size_t kMaxAccessFile = 1 << 20;
constexpr std::size_t kMostTenants = 64;

std::unexpected<Error> refuse(const toml::node& where, std::string_view why) {
  const toml::source_position& at = where.source().begin;
  return fail(Errc::configuration, std::format("line {}, column {}: {}", at.line, at.column, why));
}

// A key that is passed over could be the one that closes something.
Result<void> allow_only(const toml::table& table, std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::ranges::find(known, key.str()) == known.end())
      return refuse(node, std::format("unknown key \"{}\"", key.str()));
  }
  return {};
}

Result<std::string> required_text(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return refuse(table, std::format("{} is missing", key));
  const auto text = node->value_exact<std::string>();
  if (!text || text->empty()) return refuse(*node, std::format("{}: expected a text", key));
  return *text;
}

Result<std::string> text_or(const toml::table& table, std::string_view key, std::string_view otherwise) {
  if (table.get(key) == nullptr) return std::string(otherwise);
  return required_text(table, key);
}

// Absent is an empty list.
Result<std::vector<std::string>> texts(const toml::table& table, std::string_view key) {
  std::vector<std::string> all;
  const toml::node* const node = table.get(key);
  if (node == nullptr) return all;
  if (!node->is_array()) return refuse(*node, std::format("{}: expected an array of texts", key));
  for (const toml::node& item : *node->as_array()) {
    const auto text = item.value_exact<std::string>();
    if (!text) return refuse(item, std::format("{}: expected a text", key));
    all.push_back(*text);
  }
  return all;
}

Result<Roles> roles_of(const toml::table& table, std::string_view key) {
  TRY(const auto names, texts(table, key));
  Roles roles;
  for (const std::string& name : names) {
    const auto role = role_from_name(name);
    if (!role)
      return refuse(*table.get(key), std::format("{}: expected {}, got \"{}\"", key, Roles::all().text(), name));
    roles.add(*role);
  }
  return roles;
}

// A name is part of file names and of the schemas of a database.
bool is_tenant_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 32 && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

Result<void> take_tenants(const toml::table& table, AccessConfig& config) {
  if (table.get("tenants") == nullptr) return {};
  const toml::node& node = *table.get("tenants");
  TRY(config.tenants, texts(table, "tenants"));
  if (config.tenants.empty() || config.tenants.size() > kMostTenants)
    return refuse(node, std::format("tenants: expected 1 to {}", kMostTenants));
  for (const std::string& name : config.tenants) {
    if (!is_tenant_name(name))
      return refuse(
          node, std::format("tenants: expected a lower-case letter and up to 31 more, digits or _, got \"{}\"", name));
    if (std::ranges::count(config.tenants, name) != 1) return refuse(node, "tenants: \"" + name + "\" is named twice");
  }
  // It is there, and first, whether it is named or not.
  std::erase(config.tenants, kDefaultTenant);
  config.tenants.insert(config.tenants.begin(), std::string(kDefaultTenant));
  return {};
}

// Whoever can call without a credential can be anybody on the network.
Result<void> take_anonymous(const toml::table& table, AccessConfig& config) {
  if (table.get("anonymous") == nullptr) return {};
  TRY(config.anonymous, roles_of(table, "anonymous"));
  for (const Role role : {Role::provisioner, Role::manager, Role::auditor}) {
    if (config.anonymous.contains(role))
      return refuse(*table.get("anonymous"), std::format("anonymous: {} is for callers with a credential", name(role)));
  }
  return {};
}

Result<Principal> principal_of(const toml::table& table, const AccessConfig& config) {
  Principal principal;
  TRY(principal.name, required_text(table, "name"));
  TRY(principal.roles, roles_of(table, "roles"));
  if (principal.roles.empty()) return refuse(table, "roles: expected at least one");
  TRY(principal.tenant, text_or(table, "tenant", kDefaultTenant));
  if (std::ranges::find(config.tenants, principal.tenant) == config.tenants.end())
    return refuse(table, std::format("tenant: \"{}\" is not one of the tenants", principal.tenant));
  return principal;
}

Result<void> take_token(const toml::table& table, AccessConfig& config) {
  CHECK(allow_only(table, {"name", "roles", "tenant", "sha256"}));
  TRY(Principal principal, principal_of(table, config));
  TRY(const std::string text, required_text(table, "sha256"));
  const auto octets = from_hex(text);
  if (!octets || octets->size() != crypto::digest_size(crypto::HashAlgorithm::sha256))
    return refuse(*table.get("sha256"), "sha256: expected 64 hexadecimal digits, the digest of the token");
  TRY(const crypto::Digest digest, crypto::Digest::from(crypto::HashAlgorithm::sha256, *octets));
  if (std::ranges::contains(config.tokens, digest, &TokenConfig::sha256))
    return refuse(*table.get("sha256"), "sha256: this token is named twice");
  config.tokens.push_back({.principal = std::move(principal), .sha256 = digest});
  return {};
}

Result<void> take_user(const toml::table& table, AccessConfig& config) {
  CHECK(allow_only(table, {"name", "roles", "tenant", "bcrypt"}));
  TRY(Principal principal, principal_of(table, config));
  // RFC 7617 section 2: the first colon ends the name.
  if (principal.name.contains(':')) return refuse(*table.get("name"), "name: expected no colon");
  if (std::ranges::contains(config.users, principal.name, [](const UserConfig& user) { return user.principal.name; }))
    return refuse(*table.get("name"), "name: this user is named twice");
  TRY(std::string hash, required_text(table, "bcrypt"));
  if (const auto checked = check_bcrypt_hash(hash); !checked)
    return refuse(*table.get("bcrypt"), "bcrypt: " + checked.error().why);
  config.users.push_back({.principal = std::move(principal), .bcrypt = std::move(hash)});
  return {};
}

Result<void> take_certificate(const toml::table& table, AccessConfig& config) {
  CHECK(allow_only(table, {"name", "roles", "tenant", "san"}));
  TRY(Principal principal, principal_of(table, config));
  TRY(std::string san, required_text(table, "san"));
  const bool is_known =
      std::ranges::any_of(std::initializer_list<std::string_view>{"URI:", "DNS:", "email:"},
                          [&](auto kind) { return san.starts_with(kind) && san.size() > kind.size(); });
  if (!is_known) return refuse(*table.get("san"), "san: expected URI:..., DNS:... or email:...");
  if (std::ranges::contains(config.certificates, san, &CertificateConfig::name))
    return refuse(*table.get("san"), "san: this name is given twice");
  config.certificates.push_back({.principal = std::move(principal), .name = std::move(san)});
  return {};
}

Result<void> take_oidc_roles(const toml::table& table, OidcConfig& oidc) {
  const toml::node* const node = table.get("roles");
  if (node == nullptr) return {};
  if (!node->is_table()) return refuse(*node, "roles: expected a table, { \"name of the provider\" = \"role\" }");
  for (const auto& [name, value] : *node->as_table()) {
    const auto text = value.value_exact<std::string>();
    const auto role = text ? role_from_name(*text) : std::nullopt;
    if (!role) return refuse(value, std::format("roles: expected {}", Roles::all().text()));
    oidc.roles.emplace_back(name.str(), *role);
  }
  return {};
}

Result<void> take_oidc(const toml::table& table, AccessConfig& config) {
  CHECK(allow_only(table, {"issuer", "audience", "jwks", "ca", "tenant-claim", "roles"}));
  OidcConfig oidc;
  TRY(oidc.issuer, required_text(table, "issuer"));
  // RFC 9068 section 4: a token for another service of the same provider is none for this one.
  TRY(oidc.audience, required_text(table, "audience"));
  TRY(oidc.jwks, required_text(table, "jwks"));
  if (oidc.jwks.starts_with("http:"))
    return refuse(*table.get("jwks"), "jwks: expected https://... or a file: whoever alters the keys is everybody");
  // For what the check loads, too: the HTTP client is there before the verifier gives up system calls, and that there
  // is none is said at the start and not at the first token.
  if (oidc.jwks.starts_with("https://"))
    if (const auto checked = client::check_url(oidc.jwks, false); !checked)
      return refuse(*table.get("jwks"), "jwks: " + checked.error().why);
  TRY(oidc.ca_file, text_or(table, "ca", ""));
  TRY(oidc.tenant_claim, text_or(table, "tenant-claim", oidc.tenant_claim));
  CHECK(take_oidc_roles(table, oidc));
  config.oidc = std::move(oidc);
  return {};
}

Result<void> take_rate(const toml::table& table, std::string_view name, Rate& rate) {
  const toml::node* const node = table.get(name);
  if (node == nullptr) return {};
  if (!node->is_table()) return refuse(*node, std::format("{}: expected {{ per-second = ..., burst = ... }}", name));
  const toml::table& given = *node->as_table();
  CHECK(allow_only(given, {"per-second", "burst"}));
  const auto per_second = given["per-second"].value<double>(), burst = given["burst"].value<double>();
  if (!per_second || !burst || !(*per_second >= 0) || !(*burst >= 1) || *per_second > 1e9 || *burst > 1e9)
    return refuse(*node, std::format("{}: expected per-second from 0 (no limit) and burst from 1", name));
  rate = {.per_second = *per_second, .burst = *burst};
  return {};
}

Result<void> take_rates(const toml::table& table, AccessConfig& config) {
  CHECK(allow_only(table, {"client", "principal", "failures"}));
  CHECK(take_rate(table, "client", config.client_rate));
  CHECK(take_rate(table, "principal", config.principal_rate));
  return take_rate(table, "failures", config.failure_rate);
}

using Take = Result<void> (*)(const toml::table&, AccessConfig&);

Result<void> take_one(const toml::table& root, std::string_view key, Take take, AccessConfig& config) {
  const toml::node* const node = root.get(key);
  if (node == nullptr) return {};
  if (!node->is_table()) return refuse(*node, std::format("{}: expected a table: [{}]", key, key));
  return take(*node->as_table(), config);
}

Result<void> take_each(const toml::table& root, std::string_view key, Take take, AccessConfig& config) {
  const toml::node* const node = root.get(key);
  if (node == nullptr) return {};
  if (!node->is_array_of_tables()) return refuse(*node, std::format("{}: expected tables: [[{}]]", key, key));
  for (const toml::node& item : *node->as_array()) CHECK(take(*item.as_table(), config));
  return {};
}

}  // namespace

Result<AccessConfig> parse_access_config(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position& at = parsed.error().source().begin;
    return fail(Errc::configuration,
                std::format("line {}, column {}: {}", at.line, at.column, parsed.error().description()));
  }
  const toml::table& root = parsed.table();
  AccessConfig config;
  CHECK(allow_only(root, {"tenants", "anonymous", "rates", "token", "user", "certificate", "oidc"}));
  CHECK(take_tenants(root, config));
  CHECK(take_anonymous(root, config));
  CHECK(take_one(root, "rates", take_rates, config));
  CHECK(take_each(root, "token", take_token, config));
  CHECK(take_each(root, "user", take_user, config));
  CHECK(take_each(root, "certificate", take_certificate, config));
  CHECK(take_one(root, "oidc", take_oidc, config));
  return config;
}

Result<AccessConfig> read_access_config(const std::filesystem::path& file) {
  TRY(const SecretBytes text, read_private_file(file, kMaxAccessFile));
  auto parsed = parse_access_config(as_text(text.view()));
  if (!parsed) return within(file.string(), std::move(parsed).error());
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, text.view()));
  parsed->sha256 = to_hex(digest.view());
  return parsed;
}

}  // namespace credence::service::access
