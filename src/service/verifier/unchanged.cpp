#include "service/verifier/unchanged.h"

#include <format>
#include <string_view>

namespace credence::service {

Result<void> check_unchanged(const VerifierOptions& before, const VerifierOptions& after) {
  const auto refuse = [](std::string_view what) {
    return fail(Errc::configuration, std::format("{} cannot change while the verifier runs: restart it", what));
  };
  if (before.store != after.store) return refuse("store");
  if (before.remote_store != after.remote_store) return refuse("insecure-store-connection");
  if (before.insecure_no_seccomp != after.insecure_no_seccomp) return refuse("insecure-no-seccomp");
  if (before.audit_log != after.audit_log) return refuse("audit-log");
  if (before.session_keys != after.session_keys) return refuse("session-key");
  if (before.metrics != after.metrics) return refuse("metrics-listen");
  return {};
}

}  // namespace credence::service
