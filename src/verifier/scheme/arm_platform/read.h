// The triples of the CoRIM profiles for Arm's roots of trust. Whatever a profile has no place for is refused.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/corim/comid.h"
#include "verifier/scheme/arm_platform/digest.h"

namespace credence::verifier::arm {

// The mkeys by which a profile names its measurements.
struct Vocabulary {
  std::string_view component;
  std::string_view config;  // empty: the profile knows none
};
inline constexpr Vocabulary kPsa{.component = "psa.software-component", .config = {}};
inline constexpr Vocabulary kCca{.component = "cca.software-component", .config = "cca.platform-config"};
// Before revision 10 both had the same mkeys (601), which the reader of CoRIMs names as PSA does.
inline constexpr Vocabulary kOldCca{.component = kPsa.component, .config = kCca.config};

inline constexpr std::size_t kImplementationId = 32;

// class.id as bytes (tag 560); no group.
[[nodiscard]] Result<Bytes> class_of(const rats::Environment& environment);
// The implementation that reference values are for: 32 octets, no instance.
[[nodiscard]] Result<Bytes> implementation_of(const rats::Environment& environment);
// Under which a key is stored: implementation (32 octets), then instance (33).
[[nodiscard]] Result<Bytes> anchor_key_of(const rats::Environment& environment);
[[nodiscard]] Bytes anchor_key(ByteView implementation, ByteView instance);

// Exactly one pkix-base64-key (tag 554), without conditions.
[[nodiscard]] Result<crypto::PublicKey> key_of(const rats::KeyTriple& triple);

struct ComponentStatement {
  ApprovedDigests digests;
  std::optional<std::string> type;
  std::optional<std::string> version;
  std::vector<Bytes> signers;
};
using PlatformStatement = std::variant<ComponentStatement, rats::RawValue>;
// Errc::unsupported for a member of the measurement that is not compared: it would be approved unseen.
[[nodiscard]] Result<PlatformStatement> read_measurement(const rats::Measurement& measurement,
                                                         const Vocabulary& vocabulary);
[[nodiscard]] Result<std::vector<PlatformStatement>> read_measurements(const rats::ReferenceTriple& triple,
                                                                       const Vocabulary& vocabulary);

// The text of the mkey. Errc::missing_member or unexpected_type when there is none.
[[nodiscard]] Result<std::string_view> mkey_of(const rats::Measurement& measurement);
// The digests and nothing else; at least one.
[[nodiscard]] Result<ApprovedDigests> digests_of(rats::MeasurementValues values);
// The raw value and nothing else.
[[nodiscard]] Result<rats::RawValue> raw_value_of(rats::MeasurementValues values);

}  // namespace credence::verifier::arm
