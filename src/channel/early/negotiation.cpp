#include "channel/early/negotiation.h"

#include <algorithm>

#include "base/weak.h"
#include "channel/early/extension.h"

namespace credence::channel::early {
namespace {

bool contains(std::span<const Scheme> schemes, const Scheme& wanted) {
  return std::ranges::any_of(schemes, [&wanted](const Scheme& scheme) { return same(scheme, wanted); });
}

std::string list(std::span<const Scheme> schemes) {
  std::string text;
  for (const Scheme& scheme : schemes) text += (text.empty() ? "" : ", ") + describe(scheme);
  return text.empty() ? "nothing" : text;
}

}  // namespace

std::vector<Scheme> evidence_schemes(std::span<const std::string> media_types) {
  std::vector<Scheme> schemes;
  for (const std::string& media_type : media_types) schemes.emplace_back(EvidenceType{media_type});
  return schemes;
}

std::optional<Scheme> choose(std::span<const Scheme> offered, std::span<const Scheme> able) {
  const auto found = std::ranges::find_if(offered, [able](const Scheme& scheme) { return contains(able, scheme); });
  return found == offered.end() ? std::nullopt : std::optional(*found);
}

// protocol.md section 3. Without it a peer picks a scheme that this side never meant to give or to accept: its
// identifiers under a weaker kind of evidence, or a kind that nobody here can judge.
Result<void> check_offered(const Scheme& chosen, std::span<const Scheme> offered) {
  if (contains(offered, chosen) || weak::removed(weak::Check::offered_scheme)) return {};
  return fail(Errc::not_offered, "this side offered " + list(offered) + ", the peer chose " + describe(chosen));
}

Result<rats::CmwRecord> open_cmw(ByteView cmw, const Scheme& chosen) {
  TRY(rats::CmwRecord record, rats::decode_cmw_record(cmw, {.bytes = kMostCmwOctets}));
  const Scheme carried = EvidenceType{record.type};
  if (!same(carried, chosen) && !weak::removed(weak::Check::offered_scheme)) {
    return fail(Errc::not_offered, "expected " + describe(chosen) + " as agreed, got " + describe(carried));
  }
  return record;
}

}  // namespace credence::channel::early
