// The access file: who may call the verifier, and as what (docs/formats/access-file.md). TOML.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"
#include "service/access/principal.h"
#include "service/access/rate_limit.h"

namespace credence::service::access {

struct TokenConfig {
  Principal principal;
  crypto::Digest sha256;
};

struct UserConfig {
  Principal principal;
  std::string bcrypt;  // "$2b$..."
};

// A client certificate that chains to the client CA of the listener, by one of its names.
struct CertificateConfig {
  Principal principal;
  std::string name;  // "URI:spiffe://example/ci", "DNS:ci.example", "email:ci@example"
};

// An identity provider that issues JWTs (OpenID Connect, RFC 9068).
struct OidcConfig {
  std::string issuer{};             // iss, exactly
  std::string audience{};           // one of aud, exactly
  std::string jwks{};               // https://... or a file
  std::filesystem::path ca_file{};  // PEM; empty: the system's authorities
  std::string tenant_claim = "tenant_id";
  std::vector<std::pair<std::string, Role>> roles{};  // names of the provider's, beside our own
};

struct AccessConfig {
  std::vector<std::string> tenants{std::string(kDefaultTenant)};
  Roles anonymous{Role::relying_party};  // of callers without a credential
  Rate client_rate{.per_second = 500, .burst = 2'000};
  Rate principal_rate{.per_second = 500, .burst = 2'000};
  Rate failure_rate{.per_second = 0.2, .burst = 10};  // credentials that are not good, of one client
  std::vector<TokenConfig> tokens;
  std::vector<UserConfig> users;
  std::vector<CertificateConfig> certificates;
  std::optional<OidcConfig> oidc;
  std::string sha256;  // of the file, in hexadecimal; empty: there is none
};

// Errc::configuration with line and column.
[[nodiscard]] Result<AccessConfig> parse_access_config(std::string_view text);

// The file must be for its owner only: whoever writes it decides who may do what, and it has digests of secrets.
[[nodiscard]] Result<AccessConfig> read_access_config(const std::filesystem::path& file);

}  // namespace credence::service::access
