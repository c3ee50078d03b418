// A digest that reference values approve, and how people are told of the ones that were expected.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "verifier/scheme/nearest.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"
#include "verifier/trace.h"

namespace credence::verifier {

struct ApprovedValue {
  Bytes value;
  Periods validity;
  Sources sources;
};

// Makes the values of one list, which must outlive it, of what CoRIMs state one after the other: of one class there may
// be as many statements as a store has.
class ApprovedJoiner {
 public:
  explicit ApprovedJoiner(std::vector<ApprovedValue>& values) : values_(values) {}
  // A value, or one more CoRIM for a value that is known.
  void add(Bytes value, const Origin& origin);

 private:
  std::vector<ApprovedValue>& values_;
  std::unordered_map<std::string_view, std::size_t> positions_;  // of their octets, which stay where they are
};
// Null: it is not approved, at any time.
[[nodiscard]] const ApprovedValue* find_approved(std::span<const ApprovedValue> values, ByteView value);

// ", or one of 3 others"; empty for none.
[[nodiscard]] std::string others_text(std::size_t left_out);
// The values that would do now, for a refusal.
[[nodiscard]] std::string expected_text(std::span<const ApprovedValue> values, Timestamp now);

// One step says what agrees, with the CoRIMs of the value that does. What does not is a step for each of the nearest
// values, at most kMostNamed: each with its own CoRIMs, and when it is not valid now, with that. The same value at
// another time comes first, then those that are valid. `compared` has all the rest.
void trace_approved(Trace& trace, const Trace::Step& compared, std::span<const ApprovedValue> values, ByteView got,
                    Timestamp now);

void name_source(Trace::Step& step, const Source& source);
void name_sources(Trace::Step& step, const Sources& sources);

}  // namespace credence::verifier
