// Endorsements and reference values, as schemes look them up. Implementations: store/memory, store/sqlite.
//
// Thread-safe. Look-ups return shared, immutable, parsed objects: nothing is parsed again for an appraisal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "rats/corim/corim.h"
#include "rats/coserv/coserv.h"
#include "verifier/documents.h"
#include "verifier/revocation/deny_list.h"

namespace credence::verifier {

class Scheme;
struct Origin;  // verifier/store/statement.h
struct Statement;
struct SelectedStatement;  // verifier/store/selection.h

// What a scheme makes of all statements under one key (Scheme::join): a trust anchor, a set of reference values.
// Immutable once it is made.
class Endorsed {
 public:
  virtual ~Endorsed() = default;

 protected:
  Endorsed() = default;
  Endorsed(const Endorsed&) = default;
  Endorsed(Endorsed&&) = default;
  Endorsed& operator=(const Endorsed&) = default;
  Endorsed& operator=(Endorsed&&) = default;
};

enum class Topic : std::uint8_t {
  trust_anchor,
  reference_values,
  conditional_endorsements,  // of every scheme alike (verifier/claims/conditional.h); no key: whether there are any
};

// The octets are the scheme's own choice: a kid, a class identifier, an encoded environment. Statements of different
// schemes never meet.
enum class IfUnknown : std::uint8_t {
  ask_for_news,  // others may have stored it meanwhile: their database is asked
  // What is wanted may stand under any of several keys, and mostly stands under one: that nothing is known under this
  // one is usual, and no reason to ask. Who has found too little asks for one of them again.
  leave_it,
};
struct Lookup {
  const Scheme& scheme;
  Topic topic{};
  ByteView key;
  IfUnknown if_unknown = IfUnknown::ask_for_news;
};

struct Stored {
  std::string id;          // of the submission that is there now
  bool duplicate = false;  // it was there already: the same octets, or the same said again by the same signer
};

// A CoRIM that was submitted, without its octets.
struct StoredCorim {
  std::string id;      // of the submission: SHA-256 of its octets in hexadecimal
  std::string source;  // the id that the CoRIM gives itself
  std::string profile;
  std::optional<rats::Validity> validity;
  bool is_signed = false;
  bool active = true;  // look-ups find what it says
  std::size_t size = 0;
  std::size_t deactivated = 0;  // so many CoMIDs and statements in it are off all the same
};

// What it came to that CoRIMs, or parts of them, were turned off or on or removed: ids of CoRIMs, and of parts
// (verifier/store/deactivated.h).
struct LifecycleChange {
  std::vector<std::string> selected;
  // What does not count all the same: of CoRIMs that were activated the parts that stay off, and CoMIDs in others that
  // were deactivated because what alone replaced them (linked-tags) was deactivated or removed.
  std::vector<std::string> off;
};

// What look-ups can find.
struct StoreSize {
  std::size_t corims = 0;  // active ones
  std::size_t triples = 0;
};

// One change of what decides verdicts.
struct StoreChange {
  std::uint64_t generation = 0;  // of the store, once this had happened
  DocumentKind kind{};
  DocumentChange::Event event{};
  std::string id;  // of a CoRIM StoredCorim::id
};

// What appraisals ask: all that the engine needs to know, wherever it is from.
class Knowledge {
 public:
  virtual ~Knowledge() = default;

  // Null when nothing is known under this key. An Error means that the store failed: never a verdict. What is found may
  // be out of its validity: stores have no clock, the caller compares.
  [[nodiscard]] virtual Result<std::shared_ptr<const Endorsed>> find(const Lookup& lookup) const = 0;

  // The statements that the object of find() was joined from, one by one; each is there while it is visited only.
  [[nodiscard]] virtual Result<void> for_each_statement(const Lookup& lookup,
                                                        const std::function<void(const Statement&)>& visit) const = 0;

  // The entries of DocumentKind::deny_entry, as look-ups. Never null; an Error means that one cannot be read: never a
  // verdict. What a revoked CoRIM says, or one of a revoked signer, find() does not find.
  [[nodiscard]] virtual Result<std::shared_ptr<const DenyList>> deny_list() const = 0;
};

class Store : public Knowledge, public DocumentStore {
 public:
  // Validates the whole CoRIM against its profile, then stores all of it or nothing; durable when it returns. What
  // contradicts an active CoRIM (the same kid with another key) is Errc::conflict, also a revoked one. What is active
  // already is a `duplicate`: the same octets, or the same said again (a signature is never the same twice). What is
  // there and was deactivated, wholly or in part, is Errc::conflict: it is to be activated. So is a CoMID that is off
  // in another CoRIM. A CoRIM that is revoked, or whose signer is, is refused.
  [[nodiscard]] virtual Result<Stored> submit(const rats::Corim& corim, ByteView octets) = 0;

  // All, oldest first. Of one that is not active and cannot be read here source, profile and validity are empty.
  [[nodiscard]] virtual Result<std::vector<StoredCorim>> list() const = 0;
  // One of them. Errc::not_found.
  [[nodiscard]] virtual Result<StoredCorim> stored(std::string_view id) const = 0;
  // As it was submitted. Errc::not_found.
  [[nodiscard]] virtual Result<Bytes> octets(std::string_view id) const = 0;
  // Both: durable when they return, in force for every look-up that begins afterwards. Errc::not_found.
  // All of `ids` or none. Errc::conflict when what is activated contradicts what is active, or each other, or has a
  // CoMID that is off in another CoRIM. Activating what is active changes nothing. Errc::too_large when too much is
  // replaced by what is deactivated (kMostDisregarded), and by nothing else.
  [[nodiscard]] virtual Result<LifecycleChange> set_active(std::span<const std::string> ids, bool active) = 0;
  // The same for what a query selects: CoRIMs and CoMIDs by the ids that they give themselves, statements by what they
  // are about, in CoRIMs that are active or not. A statement counts when it is active itself, its CoMID is and its
  // CoRIM is. Errc::not_found when a selector selects nothing; beyond 4096 statements Errc::too_large.
  [[nodiscard]] virtual Result<LifecycleChange> set_active(const rats::CoservQuery& query, bool active) = 0;
  [[nodiscard]] virtual Result<LifecycleChange> remove(std::string_view id) = 0;

  // The active CoRIMs that give themselves this id and of which nothing is deactivated, in the order in which they came
  // to be active here. An Error where deny_list() has one: what is not known whole is not handed on.
  [[nodiscard]] virtual Result<std::vector<std::shared_ptr<const Origin>>> origins(std::string_view source) const = 0;

  // Of the active CoRIMs of this profile that have this CoMID, or CoSWID (Content::coswid_name()), in its highest
  // version, and of which nothing is deactivated: the last that suits. Null when there is none; an Error as origins()
  // has it. `suits` must not call the store.
  [[nodiscard]] virtual Result<std::shared_ptr<const Origin>> newest_with_tag(
      std::string_view profile, std::string_view tag, const std::function<bool(const Origin&)>& suits) const = 0;

  // What active CoRIMs of this profile, signed by nobody who is revoked, state of the environments that the query
  // selects, whatever their validity. Errc::unsupported, Errc::too_large (StatementSelector).
  [[nodiscard]] virtual Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                                      const rats::EnvironmentQuery& query) const = 0;

  // Grows with every change of the content: what a cached verdict must be keyed by.
  [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
  // Those after this generation and up to the current one, in their order.
  [[nodiscard]] virtual Result<std::vector<StoreChange>> changes_after(std::uint64_t generation) const = 0;
  [[nodiscard]] virtual StoreSize size() const { return {}; }
  // From here on deny_list() is Errc::unavailable once nothing has been heard of the database for so long: a revocation
  // by another process may have been missed. A store that nobody else changes is always current.
  virtual void bound_staleness(std::chrono::seconds /*most*/) {}
  // Asks the database, and takes over what others have changed: an Error means that it cannot be reached, or that what
  // is known here is not current. May take as long as the database does.
  [[nodiscard]] virtual Result<void> probe() const { return {}; }

  // What the clock of a verifier over this database told: whoever starts later can tell whether its own was set back.
  // Durable when it returns. Where the database is another machine's it notes nothing that is ahead of its own clock:
  // one verifier whose clock is wrong must not lock the others out.
  [[nodiscard]] virtual Result<void> note_time(Timestamp /*told*/, TimeNote /*how*/) { return {}; }
  // Nothing where none was noted, or what is here ends with the process.
  [[nodiscard]] virtual Result<std::optional<Timestamp>> noted_time() const { return std::nullopt; }
};

}  // namespace credence::verifier
