#include "verifier/store/backup.h"

#include <array>
#include <format>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hash.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/deactivated.h"
#include "verifier/store/index.h"
#include "verifier/store/submission.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::verifier {
namespace {

using Event = Journal::Event;
using Kind = Journal::Kind;

constexpr std::string_view kMark = "credence-backup", kEnd = "end";
constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kProgressStep = 1'000;

// Rolls back unless it was committed; a snapshot is never committed.
class Open {
 public:
  explicit Open(Journal& journal) : journal_(&journal) {}
  ~Open() {
    if (journal_ != nullptr) journal_->roll_back();
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  Result<void> commit() {
    CHECK(journal_->commit());
    journal_ = nullptr;
    return {};
  }

 private:
  Journal* journal_;
};

class BackupWriter {
 public:
  BackupWriter(crypto::Hasher hasher, const BackupSink& sink) : hasher_(std::move(hasher)), sink_(sink) {}

  Result<void> begin(const BackupOrigin& origin) {
    cbor::Writer item;
    item.array(4).text(kMark).unsigned_integer(kFormat).text(origin.program).text(origin.made);
    return put(item.take());
  }
  Result<void> add(Kind kind, const Document& document) {
    cbor::Writer item;
    item.array(4).unsigned_integer(static_cast<std::uint64_t>(kind)).text(document.id);
    item.boolean(document.active).bytes(document.octets);
    ++documents_;
    return put(item.take());
  }
  Result<void> end() {
    TRY(const crypto::Digest digest, hasher_.current());
    cbor::Writer item;
    item.array(3).text(kEnd).unsigned_integer(documents_).bytes(digest.view());
    return sink_(item.take());
  }
  [[nodiscard]] std::uint64_t documents() const noexcept { return documents_; }

 private:
  Result<void> put(const Bytes& octets) {
    CHECK(hasher_.update(octets));
    return sink_(octets);
  }

  crypto::Hasher hasher_;
  const BackupSink& sink_;
  std::uint64_t documents_ = 0;
};

struct BackedUp {
  Kind kind{};
  Document document;
};

class BackupReader {
 public:
  explicit BackupReader(ByteView backup)
      : backup_(backup),
        reader_(backup,
                {.bytes = backup.size(), .depth = 4, .items = backup.size() + 1, .form = cbor::Form::deterministic}) {}

  Result<void> begin() {
    TRY(auto item, reader_.array());
    CHECK(member(item));
    TRY(const std::string_view mark, reader_.text());
    if (mark != kMark) return fail(Errc::malformed, "expected a backup of a Credence verifier, got something else");
    CHECK(member(item));
    TRY(const std::uint64_t format, reader_.unsigned_integer());
    if (format != kFormat)
      return fail(Errc::unsupported, std::format("the backup has format {}, this program knows format {}: use the "
                                                 "version of Credence that wrote it",
                                                 format, kFormat));
    for (int text = 0; text < 2; ++text) {
      CHECK(member(item));
      CHECK(reader_.text());
    }
    return last(item);
  }

  // Nothing at the end, which is then checked: count and digest, and that nothing follows.
  Result<std::optional<BackedUp>> next() {
    const std::size_t start = reader_.offset();
    TRY(auto item, reader_.array());
    if (item.size() == 4U) return document(item, start);
    CHECK(end(item, start));
    return std::nullopt;
  }

 private:
  // The next member of an item is there, and no other follows the last one.
  Result<void> member(cbor::Reader::Array& item) {
    TRY(const bool more, item.next(reader_));
    if (more) return {};
    return fail_at(Errc::missing_member, reader_.offset(), "an item of the backup ends too early");
  }
  Result<void> last(cbor::Reader::Array& item) {
    TRY(const bool more, item.next(reader_));
    if (!more) return {};
    return fail_at(Errc::malformed, reader_.offset(), "an item of the backup has too many members");
  }

  Result<std::optional<BackedUp>> document(cbor::Reader::Array& item, std::size_t start) {
    CHECK(member(item));
    TRY(const std::uint64_t kind, reader_.unsigned_integer());
    if (kind >= kDocumentKinds)
      return fail_at(Errc::unsupported, start,
                     std::format("a document of kind {}, which this program does not know: use the version of Credence "
                                 "that wrote it",
                                 kind));
    CHECK(member(item));
    TRY(const std::string_view id, reader_.text());
    CHECK(member(item));
    TRY(const bool active, reader_.boolean());
    CHECK(member(item));
    TRY(const ByteView octets, reader_.bytes());
    CHECK(last(item));
    ++documents_;
    return BackedUp{.kind = static_cast<Kind>(kind),
                    .document = {.id = std::string(id), .octets = to_bytes(octets), .active = active}};
  }

  Result<void> end(cbor::Reader::Array& item, std::size_t start) {
    CHECK(member(item));
    TRY(const std::string_view mark, reader_.text());
    if (mark != kEnd) return fail_at(Errc::malformed, start, "expected a document or the end of the backup");
    CHECK(member(item));
    TRY(const std::uint64_t documents, reader_.unsigned_integer());
    CHECK(member(item));
    TRY(const ByteView octets, reader_.bytes());
    CHECK(last(item));
    CHECK(reader_.finish());
    TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, backup_.first(start)));
    if (documents != documents_)
      return fail(Errc::malformed, std::format("the backup says {} documents and has {}", documents, documents_));
    if (!equal(octets, digest.view())) return fail(Errc::bad_signature, "the backup is damaged: its digest is another");
    return {};
  }

  ByteView backup_;
  cbor::Reader reader_;
  std::uint64_t documents_ = 0;
};

Result<Revocation> read_deny_entry(const Document& document) {
  auto revocation = revocation_of(document.octets);
  if (!revocation) return within(std::format("deny list entry {}", document.id), std::move(revocation).error());
  return revocation;
}

Result<void> check_deny_entry(const Document& document) {
  TRY(const Revocation revocation, read_deny_entry(document));
  TRY(const std::string id, revocation_id(revocation));
  if (id == document.id) return {};
  return fail(Errc::malformed, std::format("deny list entry {}: what it revokes has the id {}", document.id, id));
}

// Of one id there is one revocation, which may be a revocation list: then the newest is it (A22).
Result<bool> is_newer_list(const Document& document, const Document& present) {
  TRY(const Revocation offered, read_deny_entry(document));
  if (!offered.list) return false;
  TRY(const Revocation known, read_deny_entry(present));
  return known.list && known.list->is_older_than(*offered.list);
}

// Errc::malformed unless a CoRIM is what its id says, and can be read; so with entries of a deny list, each of which
// would stop every verdict.
Result<void> check_document(const BackedUp& backed_up) {
  if (backed_up.kind == Kind::deny_entry) return check_deny_entry(backed_up.document);
  if (backed_up.kind != Kind::corim) return {};
  TRY(const std::string id, submission_id(backed_up.document.octets));
  if (id != backed_up.document.id)
    return fail(Errc::malformed, std::format("CoRIM {}: its octets have the id {}", backed_up.document.id, id));
  CHECK(content_of(backed_up.document));
  return {};
}

template <typename Visit>
Result<void> for_each_document(ByteView backup, Visit visit) {
  BackupReader reader(backup);
  CHECK(reader.begin());
  while (true) {
    TRY(std::optional<BackedUp> next, reader.next());
    if (!next) return {};
    CHECK(visit(*std::move(next)));
  }
}

class Restore {
 public:
  Restore(Journal& journal, RestoreMode mode, const BackupProgress& progress)
      : journal_(journal), mode_(mode), progress_(progress) {}

  // Active CoRIMs that are there, and what of them is off: what is added must not contradict what counts.
  Result<void> look_at_present() {
    for (std::size_t kind = 0; kind < kDocumentKinds; ++kind) {
      CHECK(journal_.for_each(static_cast<Kind>(kind), [&](const Journal::Entry& entry) -> Result<void> {
        if (mode_ == RestoreMode::into_empty)
          return fail(Errc::conflict, "the store is not empty: restore into an empty one, or add with --merge");
        if (static_cast<Kind>(kind) == Kind::deactivation) parts_off_.push_back(entry.id);
        if (kind != 0) return {};
        auto read = content_of(entry);
        if (!read && !entry.active) return {};  // of another program, perhaps: it says nothing here
        TRY(Content content, std::move(read));
        TRY(Bytes said, content.fingerprint_without_signer());
        if (!entry.active) inactive_.insert(said);
        present_[std::move(said)].push_back(entry.id);
        if (entry.active) active_.add(std::move(content));
        return {};
      }));
    }
    turn_parts_off();
    return {};
  }

  // After look_at_present(): which CoRIMs of the backup, of those of which something is off or all of it, are there,
  // under whatever signature.
  Result<void> look_for_others(ByteView backup) {
    std::set<std::string, std::less<>> with_parts_off;
    CHECK(for_each_document(backup, [&](const BackedUp& one) -> Result<void> {
      if (one.kind == Kind::deactivation) with_parts_off.emplace(corim_of_deactivation(one.document.id));
      return {};
    }));
    return for_each_document(backup, [&](const BackedUp& one) -> Result<void> {
      if (one.kind != Kind::corim) return {};
      if (one.document.active) active_there_.insert(one.document.id);
      if (one.document.active && !with_parts_off.contains(one.document.id)) return {};
      TRY(const Content content, content_of(one.document));
      TRY(const Bytes said, content.fingerprint_without_signer());
      if (const auto found = present_.find(said); found != present_.end())
        others_.emplace(one.document.id, found->second);
      return {};
    });
  }

  // What the backup has turned off as a whole is off under every signature, too, but for one that is active in the
  // backup beside it; and what that replaces (linked-tags) does not count again because of it. Before anything is
  // added: what is off contradicts nothing.
  Result<void> turn_off(ByteView backup) {
    turn_parts_off();
    std::set<std::string> ids;
    CHECK(for_each_document(backup, [&](const BackedUp& one) -> Result<void> {
      if (one.kind != Kind::corim || one.document.active) return {};
      const auto others = others_.find(one.document.id);
      if (others == others_.end()) return {};
      for (const std::string& id : others->second)
        if (active_.content(id) != nullptr && !active_there_.contains(id)) ids.insert(id);
      return {};
    }));
    TRY(const std::vector<std::string> replaced, active_.replaced_by(std::vector(ids.begin(), ids.end())));
    for (const std::string& id : replaced)
      CHECK(add_one({.kind = Kind::deactivation,
                     .document = {.id = id, .octets = to_bytes(kDeactivationOctets), .active = true}}));
    for (const std::string& id : ids) {
      CHECK(journal_.append(Event::deactivated, Kind::corim, id, {}));
      active_.remove(id);
      ++outcome_.deactivated;
    }
    turn_parts_off();
    return {};
  }

  // What the backup has turned off of a CoRIM is off under every signature.
  Result<void> add(const BackedUp& backed_up) {
    CHECK(add_one(backed_up));
    if (backed_up.kind != Kind::deactivation) return {};
    const std::string_view corim = corim_of_deactivation(backed_up.document.id);
    const auto others = others_.find(corim);
    if (others == others_.end()) return {};
    for (const std::string& other : others->second) {
      if (other == corim) continue;
      BackedUp same = backed_up;
      same.document.id = other + backed_up.document.id.substr(corim.size());
      CHECK(add_one(same));
    }
    return {};
  }

  [[nodiscard]] const Restored& outcome() const noexcept { return outcome_; }

 private:
  // Those collected, at once: what is off is looked for in its CoRIM once, however many parts there are.
  void turn_parts_off() {
    active_.set_active(parts_off_, false);
    parts_off_.clear();
  }

  Result<void> add_one(const BackedUp& backed_up) {
    const auto& [kind, document] = backed_up;
    if (kind == Kind::deactivation) parts_off_.push_back(document.id);
    TRY(const auto present, journal_.entry(kind, document.id));
    if (present) {
      TRY(const bool replaced, replace(backed_up, *present));
      ++(replaced ? outcome_.added : outcome_.known);
      return {};
    }
    // Of two active policies for one scheme nobody could say which was meant.
    const bool active = document.active && !(kind == Kind::policy && mode_ == RestoreMode::merge);
    if (kind == Kind::corim && active) {
      TRY(const bool known, activate(document));
      if (known) {
        ++outcome_.known;
        return {};
      }
    }
    CHECK(journal_.append(Event::added, kind, document.id, document.octets));
    if (!active) CHECK(journal_.append(Event::deactivated, kind, document.id, {}));
    if (++outcome_.added % kProgressStep == 0) progress_(outcome_.added);
    return {};
  }

  // What the store has stays, but for a revocation list that is older: its issuer may have taken back more since.
  Result<bool> replace(const BackedUp& backed_up, const Document& present) {
    const auto& [kind, document] = backed_up;
    if (kind != Kind::deny_entry || mode_ != RestoreMode::merge || !document.active) return false;
    TRY(const bool is_newer, is_newer_list(document, present));
    if (!is_newer) return false;
    CHECK(journal_.append(Event::removed, kind, document.id, {}));
    CHECK(journal_.append(Event::added, kind, document.id, document.octets));
    return true;
  }

  // True when what it says is there already: in force, under another signature of the same signer, or turned off, under
  // whatever signature.
  Result<bool> activate(const Document& document) {
    TRY(Content content, content_of(document));
    // A store that was whole is as it was; what comes from two of them may not fit together.
    if (mode_ == RestoreMode::merge) {
      TRY(const auto same, active_.same_as(content));
      TRY(const Bytes said, content.fingerprint_without_signer());
      if (same || inactive_.contains(said)) return true;
      CHECK(active_.check(content));
    }
    active_.add(std::move(content));
    return false;
  }

  Journal& journal_;
  const RestoreMode mode_;
  const BackupProgress& progress_;
  Index active_;
  std::vector<std::string> parts_off_;                 // that active_ does not know yet
  std::set<std::string> active_there_;                 // ids of CoRIMs, in the backup
  std::set<Bytes> inactive_;                           // Content::fingerprint_without_signer(), in the store
  std::map<Bytes, std::vector<std::string>> present_;  // ids by Content::fingerprint_without_signer()
  std::map<std::string, std::vector<std::string>, std::less<>> others_;  // ids of what says the same, by id
  Restored outcome_;
};

}  // namespace

Result<std::uint64_t> write_backup(Journal& journal, const BackupOrigin& origin, const BackupSink& sink,
                                   const BackupProgress& progress) {
  CHECK(journal.begin_snapshot());
  const Open snapshot(journal);
  TRY(const std::int64_t highest, journal.highest_kind());
  if (highest >= std::int64_t{kDocumentKinds})
    return fail(Errc::configuration, "the store has documents that this program does not know: use a newer one");
  TRY(crypto::Hasher hasher, crypto::Hasher::start(crypto::HashAlgorithm::sha256));
  BackupWriter writer(std::move(hasher), sink);
  CHECK(writer.begin(origin));
  for (std::size_t kind = 0; kind < kDocumentKinds; ++kind) {
    CHECK(journal.for_each(static_cast<Kind>(kind), [&](const Journal::Entry& entry) -> Result<void> {
      auto added = writer.add(static_cast<Kind>(kind), entry);
      if (writer.documents() % kProgressStep == 0) progress(writer.documents());
      return added;
    }));
  }
  CHECK(writer.end());
  return writer.documents();
}

Result<Restored> restore_backup(Journal& journal, ByteView backup, RestoreMode mode, const BackupProgress& progress) {
  CHECK(for_each_document(backup, [](const BackedUp& backed_up) { return check_document(backed_up); }));
  CHECK(journal.begin());
  Open transaction(journal);
  Restore restore(journal, mode, progress);
  CHECK(restore.look_at_present());
  CHECK(restore.look_for_others(backup));
  // What is off comes first: a node that follows must not see the CoRIM without it.
  const auto add_all = [&](bool deactivations) {
    return for_each_document(backup, [&](const BackedUp& backed_up) -> Result<void> {
      return (backed_up.kind == Kind::deactivation) == deactivations ? restore.add(backed_up) : Result<void>{};
    });
  };
  CHECK(add_all(true));
  CHECK(restore.turn_off(backup));
  CHECK(add_all(false));
  CHECK(transaction.commit());
  return restore.outcome();
}

}  // namespace credence::verifier
