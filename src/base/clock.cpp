#include "base/clock.h"

#include <format>

namespace credence {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  static const auto clock = std::make_shared<const SystemClock>();
  return clock;
}

std::string to_rfc3339(Timestamp at) { return std::format("{:%FT%TZ}", at); }

}  // namespace credence
