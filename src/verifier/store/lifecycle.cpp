#include "verifier/store/lifecycle.h"

#include <array>
#include <format>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "rats/corim/describe.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

class Selecting {
 public:
  Selecting(const Index& active, const Index& inactive) : indexes_{&active, &inactive} {}

  Result<void> add(const rats::RimQuery& query) {
    for (const rats::RimId& rim : query.rims) {
      const std::string id = rats::text_of(rim.id);
      const bool is_corim = rim.kind == rats::RimId::Kind::corim;
      auto found = is_corim ? add_corims(id) : add_comids(id);
      if (!found) return std::unexpected(std::move(found).error());
      if (!*found)
        return fail(Errc::not_found, std::format("no stored {} has the id \"{}\"", is_corim ? "CoRIM" : "CoMID", id));
    }
    return {};
  }

  // One selector after the other: one that was mistyped must not hide behind those that were not.
  Result<void> add(std::string_view profile, const rats::EnvironmentQuery& query) {
    if (const auto* classes = std::get_if<rats::ClassSelectors>(&query.environments))
      return add_each(profile, query.artifact, *classes, [](auto one) { return rats::ClassSelectors{std::move(one)}; });
    if (const auto* instances = std::get_if<rats::InstanceSelectors>(&query.environments))
      return add_each(profile, query.artifact, instances->instances,
                      [](auto one) { return rats::InstanceSelectors{{std::move(one)}}; });
    return add_each(profile, query.artifact, std::get<rats::GroupSelectors>(query.environments).groups,
                    [](auto one) { return rats::GroupSelectors{{std::move(one)}}; });
  }

  LifecycleSelection take() && {
    selected_.deactivations.assign(deactivations_.begin(), deactivations_.end());
    return std::move(selected_);
  }

 private:
  Result<bool> add_corims(const std::string& source) {
    const std::size_t before = selected_.corims.size();
    for (const Index* index : indexes_) {
      TRY(const auto origins, index->origins(source, Index::Whole::no));
      for (const auto& origin : origins) selected_.corims.push_back(origin->id);
    }
    return selected_.corims.size() > before;
  }

  Result<bool> add_comids(const std::string& tag) {
    bool found = false;
    for (const Index* index : indexes_) {
      TRY(auto ids, index->comids(tag));
      found = found || !ids.empty();
      CHECK(append(std::move(ids)));
    }
    return found;
  }

  template <typename Selectors, typename Only>
  Result<void> add_each(std::string_view profile, rats::ArtifactType artifact, const Selectors& selectors, Only only) {
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      bool found = false;
      const rats::EnvironmentQuery one{.artifact = artifact, .environments = only(selectors[i]), .result = {}};
      for (const Index* index : indexes_) {
        TRY(auto ids, index->statements_about(profile, one));
        found = found || !ids.empty();
        CHECK(append(std::move(ids)));
      }
      if (!found)
        return fail(Errc::not_found, std::format("environment-selector [{}]: no {} of profile {} are stored for it", i,
                                                 rats::name(artifact), profile));
    }
    return {};
  }

  Result<void> append(std::vector<std::string> ids) {
    deactivations_.insert(std::make_move_iterator(ids.begin()), std::make_move_iterator(ids.end()));
    if (deactivations_.size() <= Index::kMostSelected) return {};
    return fail(Errc::too_large, std::format("more than {} CoMIDs and statements are selected: select less, or CoRIMs",
                                             Index::kMostSelected));
  }

  const std::array<const Index*, 2> indexes_;
  LifecycleSelection selected_;
  std::set<std::string> deactivations_;
};

}  // namespace

void InactiveContents::add(const Document& corim) {
  auto content = content_of(corim);
  if (!content || !ids_.insert(corim.id).second) return;
  index_.add(*std::move(content));
}

Result<void> InactiveContents::bring_to(const Replica& replica) {
  std::erase_if(ids_, [&](const std::string& id) {
    if (replica.inactive().contains(id)) return false;
    index_.remove(id);
    return true;
  });
  for (const auto& [id, said] : replica.inactive().all()) {
    if (ids_.contains(id)) continue;
    TRY(const auto entry, replica.journal().entry(DocumentKind::corim, id));
    if (entry) add(*entry);
  }
  return {};
}

Result<LifecycleSelection> select_lifecycle(const Index& active, const Index& inactive,
                                            const rats::CoservQuery& query) {
  Selecting selecting(active, inactive);
  if (const auto* rims = std::get_if<rats::RimQuery>(&query.query)) {
    CHECK(selecting.add(*rims));
  } else {
    CHECK(selecting.add(query.profile, std::get<rats::EnvironmentQuery>(query.query)));
  }
  return std::move(selecting).take();
}

}  // namespace credence::verifier
