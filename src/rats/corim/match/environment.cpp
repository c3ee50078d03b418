// draft-ietf-rats-corim section 9.4.2 and draft-ietf-rats-coserv section 4.3.2.
#include "rats/corim/match/match.h"

namespace credence::rats::match {
namespace {

template <typename T>
bool holds(const std::optional<T>& condition, const std::optional<T>& actual) noexcept {
  return !condition || condition == actual;
}

}  // namespace

bool environments(const Environment& condition, const Environment& actual) noexcept {
  if (condition == Environment{}) return false;  // it names nothing, and would be met by every attester
  return holds(condition.class_map, actual.class_map) && holds(condition.instance, actual.instance) &&
         holds(condition.group, actual.group);
}

bool selects(const Class& selector, const Class& actual) noexcept {
  if (selector == Class{}) return false;
  return holds(selector.id, actual.id) && holds(selector.vendor, actual.vendor) &&
         holds(selector.model, actual.model) && holds(selector.layer, actual.layer) &&
         holds(selector.index, actual.index);
}

}  // namespace credence::rats::match
