// The match rules of draft-ietf-rats-corim section 9.4 ("Comparing a condition ECT against the ACS"): whether an actual
// state meets a condition. Pure functions, one file a rule.
//
// `condition` is what a CoRIM asks for, `actual` what evidence or an endorsement states; the two are never
// interchangeable. Whatever cannot be compared does not match.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "rats/corim/environment.h"
#include "rats/corim/measurement.h"

namespace credence::rats::match {

// Each member that the condition has is in `actual`, with the same octets. A class is one member: it matches as a
// whole.
[[nodiscard]] bool environments(const Environment& condition, const Environment& actual) noexcept;
// Each field that the selector has is in `actual`; the others are wild cards (draft-ietf-rats-coserv section 4.3.2).
[[nodiscard]] bool selects(const Class& selector, const Class& actual) noexcept;

// Every key that the condition names is among the authorities. The same octets under the same tag, or the same public
// key in two forms. An empty condition is met by everybody.
[[nodiscard]] bool authorities(std::span<const CryptoKey> condition, std::span<const CryptoKey> actual);

[[nodiscard]] bool versions(const Version& condition, const Version& actual) noexcept;
// A plain number asks for this number, a minimum for it or a later one. An actual minimum is a state of its own: it
// meets the same minimum only.
[[nodiscard]] bool security_versions(const Svn& condition, const Svn& actual) noexcept;
// At least one algorithm in common, and the same value for each that is. An algorithm that stands twice on a side
// matches nothing. The integer and the name of an algorithm are the same algorithm.
[[nodiscard]] bool digests(std::span<const CorimDigest> condition, std::span<const CorimDigest> actual) noexcept;
// An algorithm stands twice there. So it is said of more than 64 digests, whatever they are.
[[nodiscard]] bool is_ambiguous(std::span<const CorimDigest> digests) noexcept;
// Each flag that the condition has is known in `actual` and is the same.
[[nodiscard]] bool flags(const std::array<std::optional<bool>, 10>& condition,
                         const std::array<std::optional<bool>, 10>& actual) noexcept;
// As long as each other, and equal where the condition's mask has a one; without a mask, everywhere.
[[nodiscard]] bool raw_values(const RawValue& condition, const RawValue& actual) noexcept;
// Key after key from the first: the condition is as long as `actual` or shorter.
[[nodiscard]] bool crypto_keys(std::span<const CryptoKey> condition, std::span<const CryptoKey> actual) noexcept;
// Each register that the condition names is there, with digests that match.
[[nodiscard]] bool integrity_registers(std::span<const MeasurementValues::IntegrityRegister> condition,
                                       std::span<const MeasurementValues::IntegrityRegister> actual) noexcept;
// A number is met by this number, a range by every number and every range inside it.
[[nodiscard]] bool ranges(const std::variant<std::int64_t, IntRange>& condition,
                          const std::variant<std::int64_t, IntRange>& actual) noexcept;

// Nothing when each value of the condition is met; else the member that is not, by its name in the draft. Members that
// no rule is known for ("unknown member") are not met, and neither is a condition that demands nothing ("mval").
[[nodiscard]] std::optional<std::string_view> first_difference(const MeasurementValues& condition,
                                                               const MeasurementValues& actual) noexcept;

// Every measurement of the condition is met by the one of the same mkey. `authority` is who speaks for `actual`. An
// mkey that stands more than once in `actual` meets nothing: nobody could say which was meant.
[[nodiscard]] bool measurements(std::span<const Measurement> condition, std::span<const Measurement> actual,
                                std::span<const CryptoKey> authority);

}  // namespace credence::rats::match
