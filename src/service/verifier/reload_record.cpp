#include "service/verifier/reload_record.h"

#include <new>
#include <string>

namespace credence::service {
namespace {

// In as many letters as a string keeps in itself, where there is no memory for more.
std::string reason_of(const Error& error) {
  try {
    return error.text();
  } catch (const std::bad_alloc& lack) {
    return lack.what();
  }
}

Result<void> refusal_for(const Error& why) noexcept {
  try {
    return std::unexpected(why);
  } catch (const std::bad_alloc& lack) {
    return fail(why.code, lack.what());
  }
}

}  // namespace

audit::Entry ReloadRecord::entry() {
  return {.action = "reload", .outcome = audit::Outcome::refused, .principal = "operator"};
}

Result<void> ReloadRecord::begin(audit::Entry& entry) const {
  if (!audit_) return {};
  entry.outcome = audit::Outcome::begun;
  auto begun = audit_->append(entry, audit::Durability::at_once);
  if (!begun) entry.outcome = audit::Outcome::refused;
  return begun;
}

void ReloadRecord::end(audit::Entry entry, const Result<void>& ended) const noexcept {
  const bool was_begun = entry.outcome == audit::Outcome::begun;
  if (ended) {
    entry.outcome = audit::Outcome::done;
  } else {
    entry.outcome = was_begun ? audit::Outcome::failed : audit::Outcome::refused;
    entry.reason = reason_of(ended.error());
  }
  in_any_case(log_, "the audit log cannot say how a reload ended", [&] { end_in_audit_log(entry); });
  in_any_case(log_, "a reload is not counted", [&] { metrics_->reloaded(ended.has_value()); });
  in_any_case(log_, ended ? "a reload succeeded" : "a reload failed", [&] {
    if (ended) return log_.write(LogLevel::info, "the new configuration is in force");
    log_.write(LogLevel::error, "the new configuration is refused, the old one stays in force: " + entry.reason);
  });
}

void ReloadRecord::refuse(const Error& why) const noexcept { end(entry(), refusal_for(why)); }

void ReloadRecord::end_in_audit_log(const audit::Entry& entry) const {
  if (!audit_) return;
  if (const auto written = audit_->append(entry, audit::Durability::at_once); !written)
    log_.write(LogLevel::error, written.error().text());
}

}  // namespace credence::service
