#include "verifier/scheme/sevsnp/hazard.h"

#include <array>

namespace credence::verifier::sevsnp {
namespace {

using evidence::sevsnp::kPlatformSmt;
using evidence::sevsnp::kPolicyDebug;
using evidence::sevsnp::kPolicyKnown;
using evidence::sevsnp::kPolicyMigrationAgent;
using evidence::sevsnp::kPolicySmt;
using evidence::sevsnp::Report;
using rats::TrustClaim;

constexpr std::int8_t kUnsafe = 32;
constexpr std::int8_t kVisibleMemory = 96;

bool states(const ReferenceSet& set, std::uint64_t mkey, std::uint64_t bits) {
  const Expected* expected = set.find(mkey);
  return expected != nullptr && expected->states_bit(bits);
}

// A value of all octets, and not of some under a mask.
bool states_whole(const ReferenceSet& set, std::uint64_t mkey) {
  const Expected* expected = set.find(mkey);
  return expected != nullptr && !std::get<rats::RawValue>(expected->value).mask;
}

template <std::uint64_t bit>
bool policy_has(const Report& report) {
  return (report.policy & bit) != 0;
}

template <std::uint64_t bit>
bool policy_states(const Report&, const ReferenceSet& set) {
  return states(set, kPolicy, bit);
}

bool has_unknown_policy(const Report& report) { return (report.policy & ~kPolicyKnown) != 0; }
bool states_unknown_policy(const Report& report, const ReferenceSet& set) {
  return states(set, kPolicy, report.policy & ~kPolicyKnown);
}

bool has_smt(const Report& report) { return (report.platform_info & kPlatformSmt) != 0; }
bool states_smt(const Report&, const ReferenceSet& set) {
  return states(set, kPlatformInfo, kPlatformSmt) || states(set, kPolicy, kPolicySmt);
}

bool has_vmpl(const Report& report) { return report.vmpl != 0; }
bool states_vmpl(const Report&, const ReferenceSet& set) { return states_whole(set, kVmpl); }

bool has_agent(const Report& report) { return report.has_migration_agent(); }
bool states_agent(const Report&, const ReferenceSet& set) { return states_whole(set, kReportIdMa); }

constexpr std::array<Hazard, 6> kHazards = {{
    {"the guest is debuggable (POLICY bit 19): its host reads and writes its memory", "POLICY (mkey 2) with that bit",
     TrustClaim::runtime_opaque, kVisibleMemory, policy_has<kPolicyDebug>, policy_states<kPolicyDebug>},
    {"a migration agent may be bound to the guest (POLICY bit 18) and move it elsewhere",
     "POLICY (mkey 2) with that bit", TrustClaim::configuration, kUnsafe, policy_has<kPolicyMigrationAgent>,
     policy_states<kPolicyMigrationAgent>},
    {"a migration agent is bound to the guest (REPORT_ID_MA) and holds its secrets", "REPORT_ID_MA (mkey 646)",
     TrustClaim::configuration, kUnsafe, has_agent, states_agent},
    {"POLICY has bits that are not known here", "POLICY (mkey 2) with those bits", TrustClaim::configuration, kUnsafe,
     has_unknown_policy, states_unknown_policy},
    {"the report was asked for at a VMPL other than 0: by software that what runs at VMPL 0 may read and change",
     "VMPL (mkey 5)", TrustClaim::configuration, kUnsafe, has_vmpl, states_vmpl},
    {"simultaneous multithreading is on (PLATFORM_INFO bit 0): the guest shares its cores with others",
     "PLATFORM_INFO (mkey 7) with that bit, or POLICY (mkey 2) with bit 16", TrustClaim::configuration, kUnsafe,
     has_smt, states_smt},
}};

}  // namespace

std::span<const Hazard> hazards() { return kHazards; }

}  // namespace credence::verifier::sevsnp
