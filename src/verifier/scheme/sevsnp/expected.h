// One reference value, and whether a report meets it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/sevsnp/report.h"
#include "evidence/sevsnp/tcb.h"
#include "rats/corim/measurement.h"
#include "verifier/scheme/sevsnp/field.h"

namespace credence::verifier::sevsnp {

struct Expected {
  const Field* field = nullptr;
  std::variant<rats::Svn, rats::RawValue, Bytes, std::string> value;

  [[nodiscard]] std::string text() const;
  // Whether the value states this bit (of a raw value of at most 8 octets) as set.
  [[nodiscard]] bool states_bit(std::uint64_t bit) const;
};

// Errc::missing_member or unexpected_type for another mkey than an unsigned integer, Errc::unsupported for one that
// names no field and for conditions, Errc::invalid_value for a value that is not of the field's kind and size.
[[nodiscard]] Result<Expected> read_expected(const rats::Measurement& measurement);

// The report's value as text; "none" where it has no such field.
[[nodiscard]] std::string text_of(const std::optional<FieldValue>& value);

// Exact values (tag 552, or none) must be equal; of minimum ones (553) a TCB must be at least each part.
[[nodiscard]] bool meets(const evidence::sevsnp::Report& report, evidence::sevsnp::Product product,
                         const Expected& expected);

}  // namespace credence::verifier::sevsnp
