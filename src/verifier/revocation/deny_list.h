// All revocations in force, as look-ups.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/revocation_list.h"
#include "verifier/documents.h"
#include "verifier/revocation/identity.h"
#include "verifier/revocation/revocation.h"

namespace credence::verifier {

struct Origin;

// Immutable once it is shared.
class DenyList {
 public:
  // A revocation of the same thing replaces the one before. Lists stand side by side.
  void add(Revocation revocation);
  // What `document` says. It is read when `before`, which may be null, has not read it: for large lists with a
  // signature each that takes its time.
  [[nodiscard]] Result<void> add(const std::shared_ptr<const Document>& document, const DenyList* before);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty() && lists_.empty(); }

  // An error with kind, reason and time when an entry names the attester, one of its keys, or the origin. Its code is
  // that of a chain which nobody trusts. Errc::expired when a list of an issuer in its path is not current at `now`:
  // what the issuer has taken back since is not known.
  [[nodiscard]] Result<void> check(const AttesterIdentity& attester, Timestamp now) const;
  [[nodiscard]] Result<void> check(const Origin& origin) const;

  // When the first list ends of those that have not ended at `now`: by then the next one has to be there.
  [[nodiscard]] std::optional<Timestamp> next_update(Timestamp now) const;

 private:
  using Named = std::tuple<Revoked, std::string, Bytes>;  // kind, issuer, value

  void add(std::shared_ptr<const Revocation> revocation);
  [[nodiscard]] Result<void> check(Revoked kind, ByteView value, std::string_view issuer = {}) const;
  [[nodiscard]] Result<void> check_path(const AttesterIdentity& attester, Timestamp now) const;

  std::map<Named, std::shared_ptr<const Revocation>> entries_;
  std::map<std::string, std::vector<crypto::RevocationList>, std::less<>> lists_;  // by the DER SPKI of their signers
  // By the document itself, which never changes, and which is kept: no other one gets its address.
  std::unordered_map<std::shared_ptr<const Document>, std::shared_ptr<const Revocation>> read_;
};

// The documents of kind deny_entry: each the JSON of one revocation, its id revocation_id(). An entry that cannot be
// read is an error: nobody knows what it forbids. What the list `before` had of them is not read again.
[[nodiscard]] Result<std::shared_ptr<const DenyList>> deny_list_of(const Documents& documents,
                                                                   const DenyList* before = nullptr);
inline constexpr std::size_t kMostRevocations = 1 << 17;

}  // namespace credence::verifier
