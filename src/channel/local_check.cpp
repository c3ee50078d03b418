#include "channel/local_check.h"

#include <algorithm>
#include <utility>

#include "base/weak.h"
#include "evidence/media_types.h"
#include "evidence/tpm/check.h"

namespace credence::channel {
namespace {

bool is(std::string_view media_type, std::string_view wanted) { return rats::same_media_type(media_type, wanted); }

bool contains(const std::vector<std::string>& media_types, std::string_view wanted) {
  return std::ranges::any_of(media_types, [wanted](const std::string& one) { return is(one, wanted); });
}

bool can_read(std::string_view media_type) {
  return is(media_type, evidence::kParsecTpm) || is(media_type, evidence::kSoftwareTest);
}

bool may_judge(std::string_view media_type, const Demands& demands) {
  if (is(media_type, evidence::kTpmChallenge)) return false;
  if (is(media_type, evidence::kSoftwareTest)) return demands.allow_insecure_test_root;
  return can_read(media_type) || contains(demands.enforces_nonce, media_type);
}

}  // namespace

std::vector<std::string> judged_media_types(const Demands& demands) {
  std::vector<std::string> all = demands.appraiser->media_types();
  std::erase_if(all, [&demands](const std::string& media_type) { return !may_judge(media_type, demands); });
  return all;
}

std::vector<std::string> given_media_types(const Offer& offer) {
  std::vector<std::string> all = offer.attester->media_types();
  std::erase_if(all, [](const std::string& media_type) { return is(media_type, evidence::kTpmChallenge); });
  return all;
}

Result<verifier::AppraisalRequest> check_locally(rats::CmwRecord record, const Demands& demands,
                                                 const evidence::Binder& binder, ByteView leaf_spki) {
  auto* media_type = std::get_if<std::string>(&record.type);
  if (media_type == nullptr || !contains(judged_media_types(demands), *media_type)) {
    return fail(Errc::unsupported, "the peer's evidence is of a kind that this side cannot have appraised");
  }
  // protocol.md section 3. Without it evidence of another connection passes with every verifier that does not compare
  // the nonce (attacks A1, A4).
  if (can_read(*media_type)) {
    auto checked = evidence::tpm::check_binding(record.value, binder, leaf_spki);
    if (!checked) return within("evidence", std::move(checked).error());
  }
  return verifier::AppraisalRequest{
      .media_type = std::move(*media_type), .evidence = std::move(record.value), .challenge = binder};
}

// protocol.md 1.11. The binder has no role label: without this check a peer answers with this side's own evidence and
// key (attack A3).
Result<void> check_not_reflected(ByteView peer_spki, ByteView own_spki) {
  if (own_spki.empty() || !equal(peer_spki, own_spki) || weak::removed(weak::Check::reflection)) return {};
  return fail(Errc::reflection, "the peer presents this side's own TLS key");
}

}  // namespace credence::channel
