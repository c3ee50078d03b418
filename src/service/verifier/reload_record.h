// What audit log, metrics and log say of a change of the configuration at run time.
#pragma once

#include <exception>
#include <format>
#include <memory>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "service/audit/log.h"
#include "service/metrics/verifier_metrics.h"

namespace credence::service {

// For what follows a reload and changes nothing about it: an exception, for want of memory, is a line of the log that
// begins with `what`.
template <typename Step>
void in_any_case(Log& log, std::string_view what, Step step) noexcept {
  try {
    try {
      step();
    } catch (const std::exception& exception) {
      log.write(LogLevel::error, std::format("{}: {}", what, exception.what()));
    }
  } catch (const std::exception&) {  // nor is there memory for the line
    return;
  }
}

class ReloadRecord {
 public:
  ReloadRecord(std::shared_ptr<audit::Log> audit, std::shared_ptr<VerifierMetrics> metrics, Log& log)
      : audit_(std::move(audit)), metrics_(std::move(metrics)), log_(log) {}

  // Refused until it begins. The operator is whoever may send the service a signal.
  [[nodiscard]] static audit::Entry entry();

  // On disk before it is in force, like every change.
  [[nodiscard]] Result<void> begin(audit::Entry& entry) const;
  // Each part is written whatever becomes of the others.
  void end(audit::Entry entry, const Result<void>& ended) const noexcept;
  // There were not even options.
  void refuse(const Error& why) const noexcept;

 private:
  void end_in_audit_log(const audit::Entry& entry) const;

  const std::shared_ptr<audit::Log> audit_;  // null: none is kept
  const std::shared_ptr<VerifierMetrics> metrics_;
  Log& log_;
};

}  // namespace credence::service
