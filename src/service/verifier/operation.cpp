#include "service/verifier/operation.h"

#include <algorithm>
#include <array>

namespace credence::service {
namespace {

using access::kEverybody;
using access::Permission;
using access::Role;
using enum Operation;
using enum Effect;
using enum http::Method;

constexpr Permission kVerification{.roles = {Role::relying_party}};
// Reference values decide what is trustworthy: who may change them is the real verifier.
constexpr Permission kProvisioning{.roles = {Role::provisioner}};
constexpr Permission kLooking{.roles = {Role::provisioner, Role::manager, Role::reader, Role::auditor}};
// What is approved is no secret from those whose evidence, or whose peers', is judged by it.
constexpr Permission kAsking{
    .roles = {Role::relying_party, Role::provisioner, Role::manager, Role::reader, Role::auditor}};

// Policies decide what is trusted, as reference values do.
constexpr Permission kManagement{.roles = {Role::manager}};
constexpr Permission kPolicyReading{.roles = {Role::manager, Role::reader, Role::auditor}};

// It names what was changed, by its hash, and says nothing of what it says.
constexpr Permission kFollowing{
    .roles = {Role::relying_party, Role::provisioner, Role::manager, Role::reader, Role::auditor}};

constexpr std::size_t kMaxIgnoredBody = 1'024;  // newSession takes none
constexpr std::size_t kMaxEvidence = 1 << 20;
constexpr std::size_t kMaxCorim = 16 << 20;
constexpr std::size_t kMaxElmQuery = 64 << 10;
constexpr std::size_t kMaxRules = 64 << 10;
constexpr std::size_t kMaxDryRun = 2 << 20;      // evidence and rules, in JSON
constexpr std::size_t kMaxRevocation = 2 << 20;  // a revocation list of 1 MiB, in base64

constexpr std::string_view kSession = "/challenge-response/v1/session/{}";
constexpr std::string_view kSubmission = "/endorsement-provisioning/v1/session/{}";
// Veraison's text calls it session, its OpenAPI document submissions.
constexpr std::string_view kSubmissionAlias = "/endorsement-provisioning/v1/submissions/{}";
constexpr std::string_view kPolicies = "/management/v1/policy/{}";
constexpr std::string_view kPolicy = "/management/v1/policy/{}/{}";
constexpr std::string_view kCorim = "/endorsement-provisioning/v1/corim/{}";
constexpr std::string_view kRevocations = "/endorsement-provisioning/v1/revocations";

constexpr std::array kRows{
    OperationRow{new_session, "new_session", post, "/challenge-response/v1/newSession", kMaxIgnoredBody, kVerification,
                 appraises},
    OperationRow{submit_evidence, "submit_evidence", post, kSession, kMaxEvidence, kVerification, appraises},
    OperationRow{get_session, "get_session", get, kSession, 0, kVerification, reads},
    OperationRow{delete_session, "delete_session", remove, kSession, 0, kVerification, appraises},

    OperationRow{submit_corim, "submit_corim", post, "/endorsement-provisioning/v1/submit", kMaxCorim, kProvisioning,
                 changes},
    OperationRow{get_submission, "get_submission", get, kSubmission, 0, kProvisioning, reads},
    OperationRow{get_submission_alias, "get_submission_alias", get, kSubmissionAlias, 0, kProvisioning, reads},
    OperationRow{delete_submission, "delete_submission", remove, kSubmission, 0, kProvisioning, changes},
    OperationRow{delete_submission_alias, "delete_submission_alias", remove, kSubmissionAlias, 0, kProvisioning,
                 changes},
    OperationRow{list_corims, "list_corims", get, "/endorsement-provisioning/v1/corim", 0, kLooking, reads},
    OperationRow{get_corim, "get_corim", get, kCorim, 0, kLooking, reads},
    OperationRow{activate_corim, "activate_corim", post, "/endorsement-provisioning/v1/corim/{}/activate", 0,
                 kProvisioning, changes},
    OperationRow{deactivate_corim, "deactivate_corim", post, "/endorsement-provisioning/v1/corim/{}/deactivate", 0,
                 kProvisioning, changes},
    OperationRow{delete_corim, "delete_corim", remove, kCorim, 0, kProvisioning, changes},
    OperationRow{activate_query, "activate_query", post, "/endorsement-provisioning/v1/activate", kMaxElmQuery,
                 kProvisioning, changes},
    OperationRow{deactivate_query, "deactivate_query", post, "/endorsement-provisioning/v1/deactivate", kMaxElmQuery,
                 kProvisioning, changes},
    OperationRow{list_revocations, "list_revocations", get, kRevocations, 0, kLooking, reads},
    OperationRow{add_revocation, "add_revocation", post, kRevocations, kMaxRevocation, kProvisioning, changes},
    OperationRow{remove_revocation, "remove_revocation", remove, "/endorsement-provisioning/v1/revocations/{}", 0,
                 kProvisioning, changes},

    OperationRow{query_coserv, "query_coserv", get, "/endorsement-distribution/v1/coserv/{}", 0, kAsking, reads},

    OperationRow{create_policy, "create_policy", post, kPolicies, kMaxRules, kManagement, changes},
    OperationRow{get_active_policy, "get_active_policy", get, kPolicies, 0, kPolicyReading, reads},
    OperationRow{try_policy, "try_policy", post, "/management/v1/policy/{}/dry-run", kMaxDryRun, kManagement,
                 appraises},
    OperationRow{get_policy, "get_policy", get, kPolicy, 0, kPolicyReading, reads},
    OperationRow{delete_policy, "delete_policy", remove, kPolicy, 0, kManagement, changes},
    OperationRow{activate_policy, "activate_policy", post, "/management/v1/policy/{}/{}/activate", 0, kManagement,
                 changes},
    OperationRow{list_policies, "list_policies", get, "/management/v1/policies/{}", 0, kPolicyReading, reads},
    OperationRow{deactivate_policies, "deactivate_policies", post, "/management/v1/policies/{}/deactivate", 0,
                 kManagement, changes},

    // Public, as all of /.well-known is: what is said there is what any client needs to begin.
    OperationRow{discover_verification, "discover_verification", get, "/.well-known/veraison/verification", 0,
                 kEverybody, reads},
    OperationRow{discover_provisioning, "discover_provisioning", get, "/.well-known/veraison/provisioning", 0,
                 kEverybody, reads},
    OperationRow{discover_management, "discover_management", get, "/.well-known/veraison/management", 0, kEverybody,
                 reads},
    OperationRow{get_result_keys, "get_result_keys", get, "/.well-known/jwks.json", 0, kEverybody, reads},
    OperationRow{discover_coserv, "discover_coserv", get, "/.well-known/coserv-configuration", 0, kEverybody, reads},

    OperationRow{follow_changes, "follow_changes", get, "/change-feed/v1/changes", 0, kFollowing, reads},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].operation) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row for each enumerator, in their order");
// A row for nobody would be a mistake, and one that changes anything for everybody a worse one.
static_assert(std::ranges::none_of(kRows, [](const OperationRow& row) {
  return row.permission.everybody ? row.effect != reads : row.permission.roles.empty();
}));

}  // namespace

std::span<const OperationRow> operations() noexcept { return kRows; }
const OperationRow& row_of(Operation operation) noexcept { return kRows[static_cast<std::size_t>(operation)]; }

bool needs_clock(const OperationRow& row) noexcept {
  switch (row.operation) {
    case query_coserv:  // it leaves out what has expired
      return true;
    case delete_session:
    case delete_submission:
    case delete_submission_alias:
    case deactivate_corim:
    case delete_corim:
    case deactivate_query:
    case add_revocation:
      return false;
    default:
      return row.effect != reads;
  }
}

}  // namespace credence::service
