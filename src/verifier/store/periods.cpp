#include "verifier/store/periods.h"

#include <algorithm>

#include "base/weak.h"

namespace credence::verifier {

void Periods::add(const std::optional<rats::Validity>& validity) {
  Period added{.first = Timestamp::min(), .last = Timestamp::max()};
  if (validity) added = {.first = validity->not_before.value_or(Timestamp::min()), .last = validity->not_after};
  if (added.first > added.last) return;
  const Period given = added;
  std::erase_if(periods_, [&](const Period& period) {
    if (period.last < given.first || period.first > given.last) return false;
    added = {.first = std::min(added.first, period.first), .last = std::max(added.last, period.last)};
    return true;
  });
  periods_.push_back(added);
}

// draft-ietf-rats-corim section 4.1.6: outside its period a CoRIM is not used. Both ends belong to it. Otherwise a
// release whose maker has given it up would be approved for ever.
bool Periods::contains(Timestamp at) const noexcept {
  if (weak::removed(weak::Check::endorsement_validity)) return true;
  return std::ranges::any_of(periods_, [at](const Period& period) { return period.first <= at && at <= period.last; });
}

std::string Periods::refusal(Timestamp at) const {
  std::optional<Timestamp> next, last;
  for (const Period& period : periods_) {
    if (period.first > at) next = std::min(next.value_or(period.first), period.first);
    if (period.last < at) last = std::max(last.value_or(period.last), period.last);
  }
  if (next) return "is not valid before " + to_rfc3339(*next);
  if (last) return "expired at " + to_rfc3339(*last);
  return "is valid at no time";
}

}  // namespace credence::verifier
