// All revocations in force, as look-ups.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/revocation/identity.h"
#include "verifier/revocation/revocation.h"

namespace credence::verifier {

struct Origin;

// Immutable once it is shared.
class DenyList {
 public:
  // A revocation of the same thing replaces the one before.
  void add(Revocation revocation);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  // An error with kind, reason and time when an entry names the attester, one of its keys, or the origin. Its code is
  // that of a chain which nobody trusts.
  [[nodiscard]] Result<void> check(const AttesterIdentity& attester) const;
  [[nodiscard]] Result<void> check(const Origin& origin) const;

 private:
  using Named = std::tuple<Revoked, std::string, Bytes>;  // kind, issuer, value

  [[nodiscard]] Result<void> check(Revoked kind, ByteView value, std::string_view issuer = {}) const;

  std::map<Named, Revocation> entries_;
};

// The documents of kind deny_entry: each the JSON of one revocation, its id revocation_id(). An entry that cannot be
// read is an error: nobody knows what it forbids.
[[nodiscard]] Result<std::shared_ptr<const DenyList>> deny_list_of(const Documents& documents);
inline constexpr std::size_t kMostRevocations = 1 << 17;

}  // namespace credence::verifier
