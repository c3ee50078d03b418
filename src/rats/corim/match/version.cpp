// draft-ietf-rats-corim sections 9.4.6.1 and 9.4.6.2: versions are names, security version numbers have an order.
#include "rats/corim/match/match.h"

namespace credence::rats::match {

bool versions(const Version& condition, const Version& actual) noexcept {
  return condition.version == actual.version && condition.scheme == actual.scheme;
}

bool security_versions(const Svn& condition, const Svn& actual) noexcept {
  if (condition.minimum && !actual.minimum) return actual.value >= condition.value;
  return condition.minimum == actual.minimum && condition.value == actual.value;
}

}  // namespace credence::rats::match
