#include "verifier/store/index.h"

#include <format>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

#include "verifier/claims/conditional.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

// So many joined objects are kept; beyond it all are forgotten and made again as they are asked for.
constexpr std::size_t kMaxJoined = 1 << 14;

std::uint64_t hash_of(const Scheme& scheme, Topic topic, ByteView key) noexcept {
  const std::hash<std::string_view> hash;
  const std::uint64_t of_name = hash(scheme.name());
  return hash(as_text(key)) ^ (of_name * 2 + std::to_underlying(topic)) * 0x9e3779b97f4a7c15;
}

}  // namespace

Result<void> Index::check(const Content& content) const {
  std::unordered_map<std::uint64_t, std::vector<Content::Entry>> anchors;
  content.for_each([&](const Content::Entry& entry) {
    if (entry.topic == Topic::trust_anchor) anchors[hash_of(content.scheme(), entry.topic, entry.key)].push_back(entry);
  });
  const std::shared_lock lock(mutex_);
  CHECK(versions_.check(content));
  for (const auto& [hash, entries] : anchors) {
    for (const Content::Entry& first : entries) {
      const Lookup lookup{.scheme = content.scheme(), .topic = first.topic, .key = first.key};
      TRY(std::vector<Statement> all, statements(lookup, hash));
      for (const Content::Entry& entry : entries) {
        if (!equal(entry.key, first.key)) continue;
        TRY(Statement statement, content.statement(entry));
        all.push_back(std::move(statement));
      }
      TRY(const auto object, content.scheme().join(first.topic, all));
    }
  }
  return {};
}

void Index::add(Content content) {
  const std::unique_lock lock(mutex_);
  const std::uint32_t number = next_++;
  const auto& kept = *(contents_[number] = std::make_unique<const Content>(std::move(content)));
  numbers_[kept.origin().id] = number;
  subjects_.add(number, kept.subjects());
  if (versions_.add(number, kept)) joined_.clear();
  kept.for_each([&](const Content::Entry& entry) {
    const std::uint64_t hash = hash_of(kept.scheme(), entry.topic, entry.key);
    postings_[hash].push_back({.content = number, .offset = static_cast<std::uint32_t>(entry.offset)});
    joined_.erase(hash);
    ++size_;
    if (entry.topic == Topic::conditional_endorsements) ++conditional_[&kept.scheme()];
  });
  ++epoch_;
}

void Index::remove(std::string_view id) {
  const std::unique_lock lock(mutex_);
  const auto found = numbers_.find(std::string(id));
  if (found == numbers_.end()) return;
  const std::uint32_t number = found->second;
  subjects_.remove(number, contents_.at(number)->subjects());
  contents_.at(number)->for_each([&](const Content::Entry& entry) {
    const std::uint64_t hash = hash_of(contents_.at(number)->scheme(), entry.topic, entry.key);
    joined_.erase(hash);
    --size_;
    if (entry.topic == Topic::conditional_endorsements) --conditional_[&contents_.at(number)->scheme()];
    const auto postings = postings_.find(hash);
    if (postings == postings_.end()) return;
    std::erase_if(postings->second, [&](const Posting& posting) { return posting.content == number; });
    if (postings->second.empty()) postings_.erase(postings);
  });
  if (versions_.remove(number, *contents_.at(number))) joined_.clear();
  contents_.erase(number);
  numbers_.erase(found);
  ++epoch_;
}

Result<std::shared_ptr<const Endorsed>> Index::find(const Lookup& lookup) const {
  if (lookup.topic == Topic::conditional_endorsements && lookup.key.empty()) return any_conditional(lookup.scheme);
  const std::uint64_t hash = hash_of(lookup.scheme, lookup.topic, lookup.key);
  std::shared_ptr<const Endorsed> object;
  std::uint64_t epoch = 0;
  {
    const std::shared_lock lock(mutex_);
    if (auto known = joined(lookup, hash)) return known;
    TRY(const std::vector<Statement> all, valid_statements(lookup, hash));
    if (all.empty()) return nullptr;
    TRY(object, lookup.topic == Topic::conditional_endorsements ? join_conditional(all)
                                                                : lookup.scheme.join(lookup.topic, all));
    epoch = epoch_;
  }
  const std::unique_lock lock(mutex_);
  if (epoch != epoch_) return object;  // a change came in between: this look-up began before it
  if (joined_.size() >= kMaxJoined) joined_.clear();
  joined_.try_emplace(
      hash, Joined{.scheme = &lookup.scheme, .topic = lookup.topic, .key = to_bytes(lookup.key), .object = object});
  return object;
}

// The cheap question of every appraisal: an object that says nothing, or null.
std::shared_ptr<const Endorsed> Index::any_conditional(const Scheme& scheme) const {
  static const auto some = std::make_shared<const ConditionalStatements>();
  const std::shared_lock lock(mutex_);
  const auto found = conditional_.find(&scheme);
  return found == conditional_.end() || found->second == 0 ? nullptr : some;
}

void Index::set_deny_list(Result<std::shared_ptr<const DenyList>> list) {
  const std::unique_lock lock(mutex_);
  deny_list_ = std::move(list);
  joined_.clear();
  ++epoch_;
}

Result<std::shared_ptr<const DenyList>> Index::deny_list() const {
  const std::shared_lock lock(mutex_);
  return deny_list_;
}

Result<std::vector<Statement>> Index::valid_statements(const Lookup& lookup, std::uint64_t hash) const {
  TRY(std::vector<Statement> all, statements(lookup, hash));
  TRY(const auto denied, deny_list_);
  std::erase_if(all, [&](const Statement& statement) { return !denied->check(*statement.origin); });
  return all;
}

Result<std::vector<SelectedStatement>> Index::select(std::string_view profile,
                                                     const rats::EnvironmentQuery& query) const {
  TRY(const StatementSelector selector, StatementSelector::make(query));
  Selection selection(selector, kMostSelected);
  const std::shared_lock lock(mutex_);
  CHECK(selector.by_identifiers() ? select_by_identifiers(profile, selector, selection)
                                  : select_by_walk(profile, selection));
  return std::move(selection).take();
}

Result<bool> Index::speaks(const Content& content, std::string_view profile) const {
  TRY(const auto denied, deny_list_);
  return content.origin().profile == profile && denied->check(content.origin()).has_value();
}

Result<void> Index::select_by_identifiers(std::string_view profile, const StatementSelector& selector,
                                          Selection& selection) const {
  const auto places = subjects_.find(selector.artifact(), selector.names());
  if (places.size() > kMostLookedAt)
    return fail(Errc::too_large, std::format("{} statements are about what the query names, and at most {} are looked "
                                             "at: ask by an instance",
                                             places.size(), kMostLookedAt));
  std::optional<std::uint32_t> latest;
  bool speaks_now = false;
  for (const Subjects::Place& place : places) {
    const Content& content = *contents_.at(place.content);
    if (latest != place.content) {
      TRY(speaks_now, speaks(content, profile));
      latest = place.content;
    }
    if (speaks_now && !versions_.is_superseded(place.content, content, place.offset))
      CHECK(selection.add(content, content.entry(place.offset)));
  }
  return {};
}

Result<void> Index::select_by_walk(std::string_view profile, Selection& selection) const {
  for (const auto& [number, content] : contents_) {
    TRY(const bool speaks_now, speaks(*content, profile));
    if (!speaks_now) continue;
    Result<void> outcome;
    content->for_each([&](const Content::Entry& entry) {
      if (outcome && !versions_.is_superseded(number, *content, entry.offset)) outcome = selection.add(*content, entry);
    });
    CHECK(std::move(outcome));
  }
  return {};
}

Result<void> Index::for_each_statement(const Lookup& lookup, const std::function<void(const Statement&)>& visit) const {
  const std::shared_lock lock(mutex_);
  // Policies see no more than find() does: what is revoked is not shown to them as approved.
  TRY(const std::vector<Statement> all, valid_statements(lookup, hash_of(lookup.scheme, lookup.topic, lookup.key)));
  for (const Statement& statement : all) visit(statement);
  return {};
}

std::size_t Index::size() const { return store_size().triples; }

StoreSize Index::store_size() const {
  const std::shared_lock lock(mutex_);
  return {.corims = contents_.size(), .triples = size_};
}

std::shared_ptr<const Endorsed> Index::joined(const Lookup& lookup, std::uint64_t hash) const {
  const auto found = joined_.find(hash);
  if (found == joined_.end()) return nullptr;
  const Joined& known = found->second;
  const bool same = known.scheme == &lookup.scheme && known.topic == lookup.topic && equal(known.key, lookup.key);
  return same ? known.object : nullptr;
}

Result<std::vector<Statement>> Index::statements(const Lookup& lookup, std::uint64_t hash) const {
  std::vector<Statement> all;
  const auto postings = postings_.find(hash);
  if (postings == postings_.end()) return all;
  for (const Posting& posting : postings->second) {
    const Content& content = *contents_.at(posting.content);
    const Content::Entry entry = content.entry(posting.offset);
    // Different keys may share a hash; what is found must be what was asked for.
    if (&content.scheme() != &lookup.scheme || entry.topic != lookup.topic || !equal(entry.key, lookup.key)) continue;
    if (versions_.is_superseded(posting.content, content, posting.offset)) continue;
    TRY(Statement statement, content.statement(entry));
    all.push_back(std::move(statement));
  }
  return all;
}

}  // namespace credence::verifier
