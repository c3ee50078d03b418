// One measured software component (RFC 9783 section 4.4.1): of PSA tokens, and of CCA platform tokens.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/reader.h"
#include "wire/json/json.h"

namespace credence::evidence::psa {

struct SoftwareComponent {
  std::optional<std::string> type{};         // 1: "BL", "PRoT", "RMM"
  Bytes value{};                             // 2: its digest, 32, 48 or 64 octets
  std::optional<std::string> version{};      // 4
  Bytes signer_id{};                         // 5: digest of the key that signed it
  std::optional<std::string> description{};  // 6: usually the name of the hash

  // For people: "BL 2.1.0".
  [[nodiscard]] std::string text() const;
};

// Members with other keys are skipped.
[[nodiscard]] Result<SoftwareComponent> read_component(cbor::Reader& reader);
// By Veraison's names.
[[nodiscard]] json::Object describe(const SoftwareComponent& component);

// psa-hash-type: 32, 48 or 64 octets.
[[nodiscard]] Result<Bytes> read_hash(cbor::Reader& reader);

}  // namespace credence::evidence::psa
