// Every operation of the verifier's API in one table: where it is, how much it takes, who may call it, and whether it
// changes anything. What has no row here cannot be served (routes.h), so that nothing is open by being forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "service/access/access.h"
#include "service/http/message.h"

namespace credence::service {

enum class Operation : std::uint8_t {
  // --- verification ---
  new_session,
  submit_evidence,
  get_session,
  delete_session,
  // --- provisioning ---
  submit_corim,
  get_submission,
  get_submission_alias,
  delete_submission,
  delete_submission_alias,
  list_corims,
  get_corim,
  activate_corim,
  deactivate_corim,
  delete_corim,
  activate_query,
  deactivate_query,
  list_revocations,
  add_revocation,
  remove_revocation,
  // --- endorsements for other verifiers ---
  query_coserv,
  // --- management ---
  create_policy,
  get_active_policy,
  try_policy,
  get_policy,
  delete_policy,
  activate_policy,
  list_policies,
  deactivate_policies,
  // --- discovery ---
  discover_verification,
  discover_provisioning,
  discover_management,
  get_result_keys,
  discover_coserv,
  // --- changes ---
  follow_changes,
};

// What an operation does to what is kept. `changes` is what the audit log must hold before it is done.
enum class Effect : std::uint8_t { reads, appraises, changes };

struct OperationRow {
  Operation operation{};
  std::string_view name;  // for logs and documents: the enumerator's
  http::Method method{};
  std::string_view pattern;    // as Router::add() takes it
  std::size_t body_limit = 0;  // octets
  access::Permission permission;
  Effect effect{};
};

// In the order of the enumerators.
[[nodiscard]] std::span<const OperationRow> operations() noexcept;
[[nodiscard]] const OperationRow& row_of(Operation operation) noexcept;
// Whether a verifier whose clock was set back refuses it: what is decided, said to be approved, or brought into force.
// Not what is only looked at, or takes trust away.
[[nodiscard]] bool needs_clock(const OperationRow& row) noexcept;

}  // namespace credence::service
