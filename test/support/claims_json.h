// Claims of PSA and CCA tokens as Veraison writes them in JSON, encoded as in tokens.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/text.h"
#include "wire/cbor/writer.h"
#include "wire/json/json.h"

namespace credence::test {

struct JsonClaim {
  std::string_view name;
  std::int64_t key = 0;
  bool is_text = false;  // false: base64, unless it is a number or an array
};

inline constexpr std::array kComponentClaims = {
    JsonClaim{"measurement-type", 1, true}, JsonClaim{"measurement-value", 2}, JsonClaim{"version", 4, true},
    JsonClaim{"signer-id", 5}, JsonClaim{"measurement-description", 6, true}};
inline constexpr std::array kPsaLegacyClaims = {JsonClaim{"psa-profile", -75000, true},
                                                JsonClaim{"psa-client-id", -75001},
                                                JsonClaim{"psa-security-lifecycle", -75002},
                                                JsonClaim{"psa-implementation-id", -75003},
                                                JsonClaim{"psa-boot-seed", -75004},
                                                JsonClaim{"psa-hwver", -75005, true},
                                                JsonClaim{"psa-software-components", -75006},
                                                JsonClaim{"psa-no-software-measurements", -75007},
                                                JsonClaim{"psa-nonce", -75008},
                                                JsonClaim{"psa-instance-id", -75009},
                                                JsonClaim{"psa-verification-service-indicator", -75010, true}};
inline constexpr std::array kPsaClaims = {
    JsonClaim{"eat-profile", 265, true},        JsonClaim{"psa-client-id", 2394},
    JsonClaim{"psa-security-lifecycle", 2395},  JsonClaim{"psa-implementation-id", 2396},
    JsonClaim{"psa-boot-seed", 2397},           JsonClaim{"psa-certification-reference", 2398, true},
    JsonClaim{"psa-software-components", 2399}, JsonClaim{"psa-nonce", 10},
    JsonClaim{"psa-instance-id", 256},          JsonClaim{"psa-verification-service-indicator", 2400, true}};
inline constexpr std::array kCcaPlatformClaims = {JsonClaim{"cca-platform-profile", 265, true},
                                                  JsonClaim{"cca-platform-challenge", 10},
                                                  JsonClaim{"cca-platform-implementation-id", 2396},
                                                  JsonClaim{"cca-platform-instance-id", 256},
                                                  JsonClaim{"cca-platform-config", 2401},
                                                  JsonClaim{"cca-platform-lifecycle", 2395},
                                                  JsonClaim{"cca-platform-sw-components", 2399},
                                                  JsonClaim{"cca-platform-service-indicator", 2400, true},
                                                  JsonClaim{"cca-platform-hash-algo-id", 2402, true}};
inline constexpr std::array kCcaRealmClaims = {JsonClaim{"cca-realm-profile", 265, true},
                                               JsonClaim{"cca-realm-challenge", 10},
                                               JsonClaim{"cca-realm-personalization-value", 44235},
                                               JsonClaim{"cca-realm-hash-algo-id", 44236, true},
                                               JsonClaim{"cca-realm-public-key", 44237},
                                               JsonClaim{"cca-realm-initial-measurement", 44238},
                                               JsonClaim{"cca-realm-extensible-measurements", 44239},
                                               JsonClaim{"cca-realm-public-key-hash-algo-id", 44240, true}};

[[nodiscard]] inline std::optional<Bytes> claims_from_json(const json::Object& object,
                                                           std::span<const JsonClaim> known);

inline bool write_claim(cbor::Writer& writer, const json::Value& value, bool is_text) {
  if (const auto* number = value.if_int64()) {
    writer.integer(*number);
  } else if (const auto* array = value.if_array()) {
    writer.array(array->size());
    for (const json::Value& item : *array) {
      const auto* component = item.if_object();
      if (component == nullptr) {
        if (!write_claim(writer, item, false)) return false;
        continue;
      }
      const auto encoded = claims_from_json(*component, kComponentClaims);
      if (!encoded) return false;
      writer.raw_item(*encoded);
    }
  } else if (is_text) {
    writer.text(value.as_string());
  } else {
    const auto octets = from_base64(value.as_string());
    if (!octets) return false;
    writer.bytes(*octets);
  }
  return true;
}

// Members that are not `known` are left out. Empty when a member is no base64, and so stands for no claim at all.
inline std::optional<Bytes> claims_from_json(const json::Object& object, std::span<const JsonClaim> known) {
  std::size_t count = 0;
  for (const JsonClaim& claim : known) count += object.contains(claim.name) ? 1U : 0U;
  cbor::Writer writer;
  writer.map(count);
  for (const JsonClaim& claim : known) {
    const json::Value* value = object.if_contains(claim.name);
    if (value == nullptr) continue;
    writer.integer(claim.key);
    if (!write_claim(writer, *value, claim.is_text)) return std::nullopt;
  }
  return writer.take();
}

}  // namespace credence::test
