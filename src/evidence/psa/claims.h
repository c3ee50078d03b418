// The claims of a root of trust of Arm's. The profiles of PSA tokens and those of CCA platform tokens say the same
// under different keys: a Profile is the table of its keys, and one reader reads them all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/psa/component.h"
#include "evidence/psa/lifecycle.h"
#include "wire/json/json.h"

namespace credence::evidence::psa {

enum class Claim : std::uint8_t {
  profile,
  nonce,
  instance_id,
  implementation_id,
  lifecycle,
  components,
  verification_service,
  // PSA
  client_id,
  boot_seed,         // 8 to 32 octets
  legacy_boot_seed,  // 32
  certification_reference,
  no_measurements,
  // CCA
  config,
  hash_algorithm,
};

struct Claims {
  std::optional<std::string> profile{};
  Bytes nonce{};              // 32, 48 or 64 octets
  Bytes instance_id{};        // 33: a UEID of type RAND
  Bytes implementation_id{};  // 32
  std::uint16_t lifecycle_value = 0;
  Lifecycle lifecycle = Lifecycle::unknown;
  std::vector<SoftwareComponent> components{};  // empty only when the token says that nothing was measured
  std::optional<std::string> verification_service{};
  std::optional<std::int32_t> client_id{};
  std::optional<Bytes> boot_seed{};
  std::optional<std::string> certification_reference{};
  bool no_measurements = false;
  std::optional<Bytes> config{};
  std::optional<std::string> hash_algorithm{};
};

struct Profile {
  struct Key {
    std::int64_t key = 0;
    Claim claim{};
    std::string_view name;  // Veraison's, in JSON
    bool required = false;
  };
  std::string_view name;
  std::span<const Key> keys;
  bool by_default = false;  // a token without a profile claim is of this profile
};

// The profile that the token names. Errc::unsupported for one that is not among `known`: a profile gives the other
// claims their meaning, and what another one means by them is not guessed.
[[nodiscard]] Result<const Profile*> profile_of(ByteView payload, std::span<const Profile> known);

// Claims that the profile does not know are skipped (RFC 8392 section 3).
[[nodiscard]] Result<Claims> read_claims(ByteView payload, const Profile& profile);

// What policies see: by the names of the profile.
[[nodiscard]] json::Object describe(const Claims& claims, const Profile& profile);

}  // namespace credence::evidence::psa
