#include "verifier/store/index.h"

#include <algorithm>
#include <format>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace credence::verifier {
namespace {

// The objects of one change, each started from what the index holds.
class Draft {
 public:
  Draft(const Index& index, const Content& content) : index_(index), content_(content) {}

  Result<void> add(const KeyStatement& statement) {
    TRY(TrustAnchor* const anchor, anchor_for(statement.kid, statement.class_id, statement.key));
    anchor->source = content_.source;
    // A record counts for more than a key, so the key's CoRIM does not prolong it.
    if (!anchor->record) anchor->validity.add(content_.validity);
    return {};
  }

  Result<void> add(const RecordStatement& statement) {
    const AttestationKeyRecord& record = statement.record;
    TRY(const crypto::PublicKey key, record.public_area.key());
    TRY(TrustAnchor* const anchor, anchor_for(statement.kid, statement.class_id, key));
    if (anchor->record && !same(*anchor->record, record))
      return conflict(statement.kid, "another record of the attestation key");
    if (!anchor->record) anchor->validity = {};
    anchor->record = record;
    anchor->source = content_.source;
    anchor->validity.add(content_.validity);
    return {};
  }

  void add(const ReferenceStatement& statement) {
    auto [found, added] = references_.try_emplace(statement.class_id);
    if (added) {
      const auto existing = index_.reference_values(statement.class_id);
      found->second = existing ? *existing : ReferenceValues{.class_id = statement.class_id, .pcrs = {}, .source = {}};
      found->second.source = content_.source;
    }
    std::vector<ApprovedValue>& values = found->second.pcrs[statement.bank][statement.pcr];
    auto value = std::ranges::find(values, statement.value, &ApprovedValue::value);
    if (value == values.end()) value = values.insert(value, {.value = statement.value, .validity = {}});
    value->validity.add(content_.validity);
  }

  Index::Change take() {
    Index::Change change;
    for (auto& [kid, anchor] : anchors_)
      change.anchors.push_back(std::make_shared<const TrustAnchor>(std::move(anchor)));
    for (auto& [class_id, values] : references_)
      change.reference_values.push_back(std::make_shared<const ReferenceValues>(std::move(values)));
    return change;
  }

 private:
  // protocol.md 2.3: the same kid with another key is refused. Otherwise whoever may provision could put his own key in
  // the place of a machine's, and that machine's pins would follow him.
  Result<TrustAnchor*> anchor_for(const Kid& kid, const rats::TaggedBytes& class_id, const crypto::PublicKey& key) {
    auto found = anchors_.find(kid);
    if (found == anchors_.end()) {
      const auto existing = index_.trust_anchor(kid);
      found = anchors_
                  .emplace(kid, existing ? *existing
                                         : TrustAnchor{.kid = kid,
                                                       .key = key,
                                                       .class_id = class_id,
                                                       .record = {},
                                                       .source = {},
                                                       .validity = {}})
                  .first;
    }
    TrustAnchor& anchor = found->second;
    if (anchor.key != key) return conflict(kid, "another key");
    if (anchor.class_id != class_id) return conflict(kid, "another class");
    return &anchor;
  }

  static bool same(const AttestationKeyRecord& left, const AttestationKeyRecord& right) {
    return left.name == right.name && left.qualified_name == right.qualified_name && left.purpose == right.purpose &&
           left.ek_digest == right.ek_digest && left.maker == right.maker;
  }

  static std::unexpected<Error> conflict(const Kid& kid, std::string_view what) {
    return fail(Errc::conflict, std::format("kid {} is already endorsed with {}: remove the old endorsement first",
                                            to_hex(kid.view()), what));
  }

  const Index& index_;
  const Content& content_;
  StoreMap<Kid, TrustAnchor> anchors_;
  StoreMap<rats::TaggedBytes, ReferenceValues> references_;
};

template <typename Map, typename Key>
typename Map::mapped_type find_or_null(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

Result<Index::Change> Index::prepare(const Content& content) const {
  Draft draft(*this, content);
  for (const KeyStatement& statement : content.keys) CHECK(draft.add(statement));
  for (const RecordStatement& statement : content.records) CHECK(draft.add(statement));
  for (const ReferenceStatement& statement : content.reference_values) draft.add(statement);
  return draft.take();
}

void Index::apply(Change change) {
  const std::unique_lock lock(mutex_);
  for (auto& anchor : change.anchors) anchors_[anchor->kid] = std::move(anchor);
  for (auto& values : change.reference_values) reference_values_[values->class_id] = std::move(values);
}

std::shared_ptr<const TrustAnchor> Index::trust_anchor(const Kid& kid) const {
  const std::shared_lock lock(mutex_);
  return find_or_null(anchors_, kid);
}

std::shared_ptr<const ReferenceValues> Index::reference_values(const rats::TaggedBytes& class_id) const {
  const std::shared_lock lock(mutex_);
  return find_or_null(reference_values_, class_id);
}

std::size_t StoreKeyHash::operator()(const Kid& kid) const noexcept {
  return std::hash<std::string_view>{}(as_text(kid.view()));
}

std::size_t StoreKeyHash::operator()(const rats::TaggedBytes& id) const noexcept {
  return std::hash<std::string_view>{}(as_text(id.value)) ^ id.tag;
}

}  // namespace credence::verifier
