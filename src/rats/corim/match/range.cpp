// draft-ietf-rats-corim section 9.4.6.7.
#include "rats/corim/match/match.h"

namespace credence::rats::match {
namespace {

IntRange range_of(const std::variant<std::int64_t, IntRange>& value) noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return {.minimum = *number, .maximum = *number};
  return std::get<IntRange>(value);
}

}  // namespace

// The actual range lies inside the condition's: of numbers, that is equality.
bool ranges(const std::variant<std::int64_t, IntRange>& condition,
            const std::variant<std::int64_t, IntRange>& actual) noexcept {
  const IntRange wide = range_of(condition);
  const IntRange narrow = range_of(actual);
  const bool above = !wide.minimum || (narrow.minimum && *narrow.minimum >= *wide.minimum);
  const bool below = !wide.maximum || (narrow.maximum && *narrow.maximum <= *wide.maximum);
  return above && below;
}

}  // namespace credence::rats::match
