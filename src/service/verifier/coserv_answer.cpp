#include "service/verifier/coserv_answer.h"

#include <algorithm>
#include <format>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rats/corim/describe.h"
#include "rats/corim/media_types.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/scheme/scheme.h"
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
        if (!is_whole(id, source)) continue;
        TRY(rats::CmwRecord record, document(id, profile));
        results_.source_artifacts.push_back(std::move(record));
      }
    }
    return std::move(results_);
  }

  // CoRIMs by the ids that they give themselves. Of CoMIDs and CoSWIDs none is found: an answer may leave out what the
  // service does not have (section 3.4.2).
  Result<rats::CoservResults> to(const std::string& profile, const rats::RimQuery& query) {
    std::set<std::string> ids;
    for (const rats::RimId& rim : query.rims) {
      if (rim.kind != rats::RimId::Kind::corim) continue;
      std::string id = rats::text_of(rim.id);
      if (id == verifier::kDenyListId) {
        CHECK(add_deny_list());
      } else {
        ids.insert(std::move(id));
      }
    }
    for (const std::string& id : ids) CHECK(add_document(profile, id));
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
  bool is_whole(const std::string& id, const std::string& source) const {
    return std::ranges::any_of(store_.origins(source), [&](const auto& origin) { return origin->id == id; });
  }

  Result<rats::CmwRecord> document(const std::string& id, const std::string& profile) const {
    TRY(Bytes octets, store_.octets(id));
    const auto form = verifier::is_signed(octets) ? rats::CorimForm::signed_corim : rats::CorimForm::unsigned_corim;
    return rats::CmwRecord{
        .type = rats::to_text({.form = form, .profile = profile}), .value = std::move(octets), .indicator = {}};
  }

  // Always there, with entries or without: that nothing is revoked is said, not left out.
  Result<void> add_deny_list() {
    TRY(Bytes octets, verifier::encode_deny_list(*store_.documents(verifier::DocumentKind::deny_entry)));
    results_.rims.emplace_back(verifier::kDenyListId, rats::CmwRecord{.type = std::string(verifier::kDenyListMediaType),
                                                                      .value = std::move(octets),
                                                                      .indicator = {}});
    return {};
  }

  // Several submissions may have one id: the last one is the answer.
  Result<void> add_document(const std::string& profile, const std::string& id) {
    TRY(const auto denied, store_.deny_list());
    std::shared_ptr<const verifier::Origin> last;
    for (auto& origin : store_.origins(id))
      if (origin->profile == profile && is_valid(*origin, terms_.now) && denied->check(*origin))
        last = std::move(origin);
    if (!last) return {};
    TRY(rats::CmwRecord record, document(last->id, last->profile));
    if (last->validity) results_.expires = std::min(results_.expires, last->validity->not_after);
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
