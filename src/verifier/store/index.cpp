#include "verifier/store/index.h"

#include <algorithm>
#include <format>
#include <functional>
#include <mutex>
#include <set>
#include <string_view>
#include <tuple>
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

// Statements that may contradict each other. Of those that say the same one is enough: where each release of a CoRIM
// repeats a key, the key is parsed once for each submission, and not once for each release.
class Distinct {
 public:
  Result<void> add(const Content& content, const Content::Entry& entry) {
    if (!said_.emplace(content.origin().profile, entry.kind, as_text(entry.triple)).second) return {};
    TRY(Statement statement, content.statement(entry));
    statements_.push_back(std::move(statement));
    return {};
  }
  [[nodiscard]] const std::vector<Statement>& statements() const noexcept { return statements_; }

 private:
  std::set<std::tuple<std::string_view, TripleKind, std::string_view>> said_;
  std::vector<Statement> statements_;
};

}  // namespace

Result<void> Index::check(const Content& content) const {
  CHECK(check_versions(content));
  Candidate candidate{.content = &content, .off = {}};
  {
    const std::shared_lock lock(mutex_);
    CHECK(versions_.check_deactivated(content, deactivated_));
    candidate.off = deactivated_.of(content);
  }
  return check_anchors({&candidate, 1});
}

Result<void> Index::check_versions(const Content& content) const {
  const std::shared_lock lock(mutex_);
  return versions_.check(content);
}

Result<void> Index::check_deactivated(const Content& content, const Deactivated& off) const {
  const std::shared_lock lock(mutex_);
  return versions_.check_deactivated(content, off);
}

Result<void> Index::check_anchors(std::span<const Candidate> candidates) const {
  struct Anchor {
    const Content* content;
    Content::Entry entry;
    [[nodiscard]] bool is_under(const Anchor& other) const {
      return &content->scheme() == &other.content->scheme() && equal(entry.key, other.entry.key);
    }
  };
  std::unordered_map<std::uint64_t, std::vector<Anchor>> anchors;
  for (const auto& [content, off] : candidates)
    content->for_each([&](const Content::Entry& entry) {
      if (entry.topic == Topic::trust_anchor && !off.contains(entry.offset))
        anchors[hash_of(content->scheme(), entry.topic, entry.key)].push_back({.content = content, .entry = entry});
    });
  const std::shared_lock lock(mutex_);
  for (const auto& [hash, all_of_hash] : anchors) {
    for (const Anchor& first : all_of_hash) {
      // Once for each key, however often it is stated: nearly always all are under one.
      const auto earlier =
          std::ranges::find_if(all_of_hash, [&](const Anchor& other) { return other.is_under(first); });
      if (&*earlier != &first) continue;
      const Lookup lookup{.scheme = first.content->scheme(), .topic = first.entry.topic, .key = first.entry.key};
      // What a higher version replaces counts again when that one goes, and nobody checks it then.
      Distinct distinct;
      CHECK(visit_statements(lookup, hash, Replaced::included,
                             [&distinct](std::uint32_t, const Content& content, const Content::Entry& entry) {
                               return distinct.add(content, entry);
                             }));
      for (const Anchor& anchor : all_of_hash)
        if (anchor.is_under(first)) CHECK(distinct.add(*anchor.content, anchor.entry));
      TRY(const auto object, lookup.scheme.join(lookup.topic, distinct.statements()));
    }
  }
  return {};
}

// It is torn from the beginning of a change to its end: where memory is lacking in between, nobody finds the part that
// was made, not even before the exception has reached whoever called.
class Index::Change {
 public:
  explicit Change(Index& index) : index_(index), lock_(index.mutex_), was_torn_(std::exchange(index.torn_, true)) {
    ++index.epoch_;
  }
  // The last step.
  void complete() noexcept { index_.torn_ = was_torn_; }

 private:
  Index& index_;
  const std::unique_lock<std::shared_mutex> lock_;
  const bool was_torn_;
};

void Index::add(Content content) {
  Change change(*this);
  const std::uint32_t number = next_++;
  const auto& kept = *(contents_[number] = std::make_unique<const Content>(std::move(content)));
  numbers_[kept.origin().id] = number;
  sources_[kept.origin().source].push_back(number);
  if (auto off = deactivated_.of(kept); !off.empty()) off_.emplace(number, std::move(off));
  subjects_.add(number, kept.subjects());
  if (versions_.add(number, kept)) joined_.clear();
  kept.for_each([&](const Content::Entry& entry) {
    const std::uint64_t hash = hash_of(kept.scheme(), entry.topic, entry.key);
    postings_[hash].push_back({.content = number, .offset = static_cast<std::uint32_t>(entry.offset)});
    joined_.erase(hash);
    ++size_;
    if (entry.topic == Topic::conditional_endorsements) ++conditional_[&kept.scheme()];
  });
  change.complete();
}

void Index::remove(std::string_view id) {
  Change change(*this);
  if (const auto found = numbers_.find(std::string(id)); found != numbers_.end()) {
    const std::uint32_t number = found->second;
    forget(number, *contents_.at(number));
    contents_.erase(number);
    numbers_.erase(found);
  }
  change.complete();
}

// All but the content itself, which is needed for it.
void Index::forget(std::uint32_t number, const Content& content) {
  subjects_.remove(number, content.subjects());
  content.for_each([&](const Content::Entry& entry) {
    const std::uint64_t hash = hash_of(content.scheme(), entry.topic, entry.key);
    joined_.erase(hash);
    --size_;
    if (entry.topic == Topic::conditional_endorsements) --conditional_[&content.scheme()];
    const auto postings = postings_.find(hash);
    if (postings == postings_.end()) return;
    std::erase_if(postings->second, [&](const Posting& posting) { return posting.content == number; });
    if (postings->second.empty()) postings_.erase(postings);
  });
  if (versions_.remove(number, content)) joined_.clear();
  const auto source = sources_.find(content.origin().source);
  std::erase(source->second, number);
  if (source->second.empty()) sources_.erase(source);
  off_.erase(number);
}

// Every statement of a CoRIM is looked at: meanwhile look-ups go on, by what was off before. Nobody else changes
// anything.
void Index::set_active(std::span<const std::string> documents, bool active) {
  const std::set<std::uint32_t> changed = note(documents, active);
  if (changed.empty()) return;
  std::vector<std::pair<std::uint32_t, Deactivated::Parts>> made;
  try {
    made = off_of(changed);
  } catch (...) {
    tear();  // what was noted is not in force
    throw;
  }
  Change change(*this);
  for (auto& [number, off] : made) {
    if (off.empty()) {
      off_.erase(number);
    } else {
      off_.insert_or_assign(number, std::move(off));
    }
  }
  joined_.clear();
  change.complete();
}

std::set<std::uint32_t> Index::note(std::span<const std::string> documents, bool active) {
  std::set<std::uint32_t> changed;
  Change change(*this);
  for (const std::string& document : documents) {
    if (active) {
      deactivated_.remove(document);
    } else {
      deactivated_.add(document);
    }
    const auto found = numbers_.find(std::string(corim_of_deactivation(document)));
    if (found != numbers_.end()) changed.insert(found->second);
  }
  change.complete();
  return changed;
}

std::vector<std::pair<std::uint32_t, Deactivated::Parts>> Index::off_of(const std::set<std::uint32_t>& numbers) const {
  std::vector<std::pair<std::uint32_t, Deactivated::Parts>> made;
  for (const std::uint32_t number : numbers) made.emplace_back(number, deactivated_.of(*contents_.at(number)));
  return made;
}

Deactivated Index::deactivated() const {
  const std::shared_lock lock(mutex_);
  return deactivated_;
}

Result<std::vector<std::string>> Index::replaced_by(std::span<const std::string> ids) const {
  std::vector<std::string> replaced;
  const std::shared_lock lock(mutex_);
  std::vector<TagVersions::Numbered> going;
  for (const std::string& id : std::set(ids.begin(), ids.end()))
    if (const auto found = numbers_.find(id); found != numbers_.end())
      going.push_back({.number = found->second, .content = contents_.at(found->second).get()});
  for (const auto& [content, tag] : versions_.replaced_by(going)) {
    TRY(replaced.emplace_back(), comid_deactivation(content->origin().id, tag->id));
  }
  return replaced;
}

bool Index::counts(std::uint32_t number, const Content& content, std::size_t offset) const {
  return !versions_.is_superseded(number, content, offset) && !is_off(number, offset);
}

bool Index::is_off(std::uint32_t number, std::size_t offset) const {
  const auto off = off_.find(number);
  return off != off_.end() && off->second.contains(offset);
}

const Content* Index::content(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = numbers_.find(std::string(id));
  return found == numbers_.end() ? nullptr : contents_.at(found->second).get();
}

Result<std::optional<std::string>> Index::same_as(const Content& content) const {
  const std::shared_lock lock(mutex_);
  const auto found = sources_.find(content.origin().source);
  if (found == sources_.end()) return std::nullopt;
  TRY(const Bytes wanted, content.fingerprint_with_signer());
  for (const std::uint32_t number : found->second) {
    // One id for many is what templates give: no digest of each of them for each submission.
    if (!contents_.at(number)->has_triples_of(content)) continue;
    TRY(const Bytes known, contents_.at(number)->fingerprint_with_signer());
    if (known == wanted) return contents_.at(number)->origin().id;
  }
  return std::nullopt;
}

Result<std::vector<std::shared_ptr<const Origin>>> Index::origins(std::string_view source, Whole whole) const {
  const std::shared_lock lock(mutex_);
  CHECK(check_whole());
  if (whole == Whole::yes) CHECK(denied());
  std::vector<std::shared_ptr<const Origin>> all;
  const auto found = sources_.find(source);
  if (found == sources_.end()) return all;
  for (const std::uint32_t number : found->second)
    if (whole == Whole::no || (!off_.contains(number) && !versions_.is_any_superseded(number)))
      all.push_back(std::make_shared<const Origin>(contents_.at(number)->origin()));
  return all;
}

Result<std::shared_ptr<const Origin>> Index::newest_with_tag(std::string_view profile, std::string_view tag,
                                                             const std::function<bool(const Origin&)>& suits) const {
  const std::shared_lock lock(mutex_);
  CHECK(denied());
  const std::vector<std::uint32_t> numbers = versions_.newest(profile, tag);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    if (off_.contains(*number) || versions_.is_any_superseded(*number)) continue;
    const Origin& origin = contents_.at(*number)->origin();
    if (suits(origin)) return std::make_shared<const Origin>(origin);
  }
  return nullptr;
}

Result<std::shared_ptr<const Endorsed>> Index::find(const Lookup& lookup) const {
  if (lookup.topic == Topic::conditional_endorsements && lookup.key.empty()) return any_conditional(lookup.scheme);
  const std::uint64_t hash = hash_of(lookup.scheme, lookup.topic, lookup.key);
  std::shared_ptr<const Endorsed> object;
  std::uint64_t epoch = 0;
  {
    const std::shared_lock lock(mutex_);
    CHECK(check_whole());  // before what was joined: an exception leaves it there
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
Result<std::shared_ptr<const Endorsed>> Index::any_conditional(const Scheme& scheme) const {
  static const auto some = std::make_shared<const ConditionalStatements>();
  const std::shared_lock lock(mutex_);
  CHECK(check_whole());
  const auto found = conditional_.find(&scheme);
  return found == conditional_.end() || found->second == 0 ? nullptr : some;
}

// Nothing here can throw: the list that was in force before is so no more.
void Index::set_deny_list(Result<std::shared_ptr<const DenyList>> list) {
  const std::unique_lock lock(mutex_);
  deny_list_ = std::move(list);
  joined_.clear();
  ++epoch_;
}

Result<std::shared_ptr<const DenyList>> Index::deny_list() const {
  const std::shared_lock lock(mutex_);
  return denied();
}

Result<std::shared_ptr<const DenyList>> Index::denied() const {
  CHECK(check_whole());
  return deny_list_;
}

Result<void> Index::check_whole() const {
  if (!torn_) return {};
  return fail(
      Errc::unavailable,
      "a change could not be taken over whole, for want of memory: no verdict is given until everything has been "
      "read again, which the next look at the store does");
}

void Index::tear() noexcept {
  const std::unique_lock lock(mutex_);
  torn_ = true;
  joined_.clear();
  ++epoch_;
}

bool Index::is_torn() const {
  const std::shared_lock lock(mutex_);
  return torn_;
}

// What is numbered goes on to be: nobody who remembers a number finds another content under it.
void Index::clear() noexcept {
  const std::unique_lock lock(mutex_);
  postings_.clear();
  numbers_.clear();
  sources_.clear();
  subjects_ = {};
  versions_ = {};
  deactivated_ = {};
  off_.clear();
  conditional_.clear();
  joined_.clear();
  contents_.clear();
  size_ = 0;
  ++epoch_;
}

void Index::mend() noexcept {
  const std::unique_lock lock(mutex_);
  torn_ = false;
}

Result<std::vector<Statement>> Index::valid_statements(const Lookup& lookup, std::uint64_t hash) const {
  TRY(const auto list, denied());  // first: what is torn is not to be walked through
  TRY(std::vector<Statement> all, statements(lookup, hash, Replaced::left_out));
  std::erase_if(all, [&](const Statement& statement) { return !list->check(*statement.origin); });
  return all;
}

Result<std::vector<SelectedStatement>> Index::select(std::string_view profile,
                                                     const rats::EnvironmentQuery& query) const {
  TRY(const StatementSelector selector, StatementSelector::make(query));
  Selection selection(selector, kMostSelected);
  std::optional<std::uint32_t> latest;
  bool speaks_now = false;
  const std::shared_lock lock(mutex_);
  CHECK(denied());  // where nothing is there to be found, too
  CHECK(visit_asked(selector,
                    [&](std::uint32_t number, const Content& content, const Content::Entry& entry) -> Result<void> {
                      if (latest != number) {
                        TRY(speaks_now, speaks(content, profile));
                        latest = number;
                      }
                      if (!speaks_now || !counts(number, content, entry.offset)) return {};
                      return selection.add(content, entry);
                    }));
  return std::move(selection).take();
}

Result<std::vector<std::string>> Index::statements_about(std::string_view profile,
                                                         const rats::EnvironmentQuery& query) const {
  TRY(const StatementSelector selector, StatementSelector::make(query));
  std::vector<std::string> ids;
  const std::shared_lock lock(mutex_);
  CHECK(visit_asked(selector, [&](std::uint32_t, const Content& content, const Content::Entry& entry) -> Result<void> {
    if (content.origin().profile != profile) return {};
    TRY(const auto statement, selector.select(content, entry));
    if (!statement) return {};
    if (ids.size() >= kMostSelected)
      return fail(Errc::too_large,
                  std::format("more than {} statements are selected: select less, or the CoRIM", kMostSelected));
    TRY(ids.emplace_back(), statement_deactivation(content.origin().id, entry));
    return {};
  }));
  return ids;
}

Result<std::vector<std::string>> Index::comids(std::string_view tag) const {
  std::vector<std::string> ids;
  const std::shared_lock lock(mutex_);
  for (const auto& [number, content] : contents_) {
    if (!std::ranges::contains(content->tags(), tag, &Content::Tag::id)) continue;
    TRY(ids.emplace_back(), comid_deactivation(content->origin().id, tag));
  }
  return ids;
}

Result<bool> Index::speaks(const Content& content, std::string_view profile) const {
  TRY(const auto list, denied());
  return content.origin().profile == profile && list->check(content.origin()).has_value();
}

Result<void> Index::visit_asked(const StatementSelector& selector, const Visit& visit) const {
  const std::size_t places = subjects_.count(selector.artifact(), selector.names());
  if (places > kMostLookedAt) {
    if (!selector.by_identifiers()) return visit_all(visit);
    return fail(Errc::too_large, std::format("{} statements are about what the query names, and at most {} are looked "
                                             "at: ask by an instance",
                                             places, kMostLookedAt));
  }
  for (const Subjects::Place& place : subjects_.find(selector.artifact(), selector.names())) {
    const Content& content = *contents_.at(place.content);
    CHECK(visit(place.content, content, content.entry(place.offset)));
  }
  return {};
}

Result<void> Index::visit_all(const Visit& visit) const {
  for (const auto& [number, content] : contents_) {
    Result<void> outcome;
    content->for_each([&](const Content::Entry& entry) {
      if (outcome) outcome = visit(number, *content, entry);
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

Result<std::vector<Statement>> Index::statements(const Lookup& lookup, std::uint64_t hash, Replaced replaced) const {
  std::vector<Statement> all;
  CHECK(visit_statements(lookup, hash, replaced,
                         [&all](std::uint32_t, const Content& content, const Content::Entry& entry) -> Result<void> {
                           TRY(Statement statement, content.statement(entry));
                           all.push_back(std::move(statement));
                           return {};
                         }));
  return all;
}

Result<void> Index::visit_statements(const Lookup& lookup, std::uint64_t hash, Replaced replaced,
                                     const Visit& visit) const {
  const auto postings = postings_.find(hash);
  if (postings == postings_.end()) return {};
  for (const Posting& posting : postings->second) {
    const Content& content = *contents_.at(posting.content);
    const Content::Entry entry = content.entry(posting.offset);
    // Different keys may share a hash; what is found must be what was asked for.
    if (&content.scheme() != &lookup.scheme || entry.topic != lookup.topic || !equal(entry.key, lookup.key)) continue;
    const bool included = replaced == Replaced::included ? !is_off(posting.content, posting.offset)
                                                         : counts(posting.content, content, posting.offset);
    if (included) CHECK(visit(posting.content, content, entry));
  }
  return {};
}

}  // namespace credence::verifier
