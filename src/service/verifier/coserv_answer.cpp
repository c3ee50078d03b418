#include "service/verifier/coserv_answer.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rats/corim/describe.h"
#include "rats/corim/media_types.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/scheme/scheme.h"
#include "verifier/store/content.h"
#include "verifier/store/selection.h"
#include "verifier/store/submission.h"

namespace credence::service {
namespace {

using verifier::SelectedStatement;

bool is_valid(const verifier::Origin& origin, Timestamp now) {
  return !origin.validity || rats::check_validity(*origin.validity, now).has_value();
}

class Answer {
 public:
  Answer(const verifier::Store& store, const CoservTerms& terms) : store_(store), terms_(terms) {
    results_.expires = terms.expires;
  }

  Result<rats::CoservResults> to(const std::string& profile, const rats::EnvironmentQuery& query) {
    TRY(std::vector<SelectedStatement> selected, store_.select(profile, query));
    std::set<std::pair<std::string, std::string>> submissions;  // id, and the CoRIM's own
    for (SelectedStatement& found : selected) {
      const verifier::Origin& origin = *found.origin;
      if (!is_valid(origin, terms_.now)) continue;
      if (origin.validity) results_.expires = std::min(results_.expires, origin.validity->not_after);
      if (query.result != rats::ResultType::source) collect(origin, std::move(found.statement));
      submissions.emplace(origin.id, origin.source);
    }
    if (query.result != rats::ResultType::collected) {
      for (const auto& [id, source] : submissions) {
        TRY(const bool whole, is_whole(id, source));
        if (!whole) continue;
        TRY(rats::CmwRecord record, document(id, profile));
        results_.source_artifacts.push_back(std::move(record));
      }
    }
    return std::move(results_);
  }

  // CoRIMs by the ids that they give themselves, or by those of the CoMIDs and CoSWIDs in them (section 3.4.2). What
  // the service does not have, it leaves out.
  Result<rats::CoservResults> to(const std::string& profile, const rats::RimQuery& query) {
    std::set<std::pair<std::string, rats::RimId::Kind>> asked;
    for (const rats::RimId& rim : query.rims) asked.emplace(rats::text_of(rim.id), rim.kind);
    TRY(const auto denied, store_.deny_list());
    for (const auto& [id, kind] : asked) {
      if (!results_.rims.empty() && results_.rims.back().first == id) continue;  // another kind with the same id
      if (id == verifier::kDenyListId) {
        // No CoMID that somebody named so stands for it.
        if (kind == rats::RimId::Kind::corim) CHECK(add_deny_list(*denied));
        continue;
      }
      TRY(const auto origin, origin_of(profile, id, kind, [&](const verifier::Origin& found) {
            return is_valid(found, terms_.now) && denied->check(found).has_value();
          }));
      if (origin != nullptr) CHECK(add_document(id, *origin));
    }
    return std::move(results_);
  }

 private:
  void collect(const verifier::Origin& origin, verifier::Statement statement) {
    std::vector<rats::CryptoKey> authorities{origin.signer ? origin.signer->authority : terms_.own_authority};
    if (auto* keys = std::get_if<rats::KeyTriple>(&statement.triple)) {
      results_.attestation_keys.push_back({.authorities = std::move(authorities), .triple = std::move(*keys)});
    } else if (auto* conditional = std::get_if<rats::ConditionalEndorsement>(&statement.triple)) {
      results_.conditional_endorsements.push_back(
          {.authorities = std::move(authorities), .triple = std::move(*conditional)});
    } else if (auto* series = std::get_if<rats::ConditionalSeries>(&statement.triple)) {
      results_.conditional_series.push_back({.authorities = std::move(authorities), .triple = std::move(*series)});
    } else if (auto* values = std::get_if<rats::ReferenceTriple>(&statement.triple)) {
      auto& quads = statement.kind == verifier::TripleKind::reference_values ? results_.reference_values
                                                                             : results_.endorsed_values;
      quads.push_back({.authorities = std::move(authorities), .triple = std::move(*values)});
    }
  }

  // A CoRIM of which something is deactivated still says it to whoever reads the CoRIM itself.
  Result<bool> is_whole(const std::string& id, const std::string& source) const {
    TRY(const auto origins, store_.origins(source));
    return std::ranges::any_of(origins, [&](const auto& origin) { return origin->id == id; });
  }

  Result<rats::CmwRecord> document(const std::string& id, const std::string& profile) const {
    TRY(Bytes octets, store_.octets(id));
    const auto form = verifier::is_signed(octets) ? rats::CorimForm::signed_corim : rats::CorimForm::unsigned_corim;
    return rats::CmwRecord{
        .type = rats::to_text({.form = form, .profile = profile}), .value = std::move(octets), .indicator = {}};
  }

  // Always there, with entries or without: that nothing is revoked is said, not left out.
  Result<void> add_deny_list(const verifier::DenyList& denied) {
    TRY(Bytes octets, verifier::encode_deny_list(*store_.documents(verifier::DocumentKind::deny_entry)));
    results_.rims.emplace_back(verifier::kDenyListId, rats::CmwRecord{.type = std::string(verifier::kDenyListMediaType),
                                                                      .value = std::move(octets),
                                                                      .indicator = {}});
    // Whoever keeps it comes for the next lists in time. Not every moment: of an answer that is over when it arrives,
    // what other issuers have issued would suffer.
    using std::chrono::minutes;
    const Timestamp soon = std::chrono::ceil<minutes>(terms_.now) + minutes(1);
    if (const auto next = denied.next_update(terms_.now))
      results_.expires = std::min(results_.expires, std::max(*next, soon));
    return {};
  }

  // Several submissions may have one id: the last one is the answer. Null when there is none.
  template <typename Suits>
  Result<std::shared_ptr<const verifier::Origin>> origin_of(const std::string& profile, const std::string& id,
                                                            rats::RimId::Kind kind, Suits suits) const {
    if (kind == rats::RimId::Kind::comid) return store_.newest_with_tag(profile, id, suits);
    if (kind == rats::RimId::Kind::coswid)
      return store_.newest_with_tag(profile, verifier::Content::coswid_name(id), suits);
    std::shared_ptr<const verifier::Origin> last;
    TRY(auto origins, store_.origins(id));
    for (auto& origin : origins)
      if (origin->profile == profile && suits(*origin)) last = std::move(origin);
    return last;
  }

  Result<void> add_document(const std::string& id, const verifier::Origin& origin) {
    TRY(rats::CmwRecord record, document(origin.id, origin.profile));
    if (origin.validity) results_.expires = std::min(results_.expires, origin.validity->not_after);
    results_.rims.emplace_back(id, std::move(record));
    return {};
  }

  const verifier::Store& store_;
  const CoservTerms& terms_;
  rats::CoservResults results_;
};

}  // namespace

Result<rats::CoservResults> answer_coserv(const verifier::Store& store, const rats::CoservQuery& query,
                                          const CoservTerms& terms) {
  if (verifier::find_scheme_by_profile(query.profile) == nullptr)
    return fail(Errc::not_acceptable, std::format("profile {} is not served here", query.profile));
  CHECK(store.deny_list());  // what is not current is not handed on
  return std::visit([&](const auto& asked) { return Answer(store, terms).to(query.profile, asked); }, query.query);
}

}  // namespace credence::service
