#include "service/verifier/session.h"

namespace credence::service {

std::string_view name(SessionStatus status) noexcept {
  switch (status) {
    case SessionStatus::waiting:
      return "waiting";
    case SessionStatus::processing:
      return "processing";
    case SessionStatus::complete:
      return "complete";
    case SessionStatus::failed:
      break;
  }
  return "failed";
}

}  // namespace credence::service
