// What a store keeps beside CoRIMs, in one order of changes with them: policies, entries of deny lists, what of a CoRIM
// is deactivated (a kind that the store itself defines, verifier/store/deactivated.h). Whoever defines
// a kind reads its octets; the store compares ids only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::verifier {

// The numbers are in databases: none is ever used for something else. A program that does not know a kind refuses the
// store that has it, because it would miss what that forbids.
enum class DocumentKind : std::uint8_t { corim = 0, policy = 1, deny_entry = 2, deactivation = 3 };
inline constexpr std::size_t kDocumentKinds = 4;

struct Document {
  std::string id;  // unique in its kind
  Bytes octets;
  bool active = true;
};
// Oldest first.
using Documents = std::vector<std::shared_ptr<const Document>>;

struct DocumentChange {
  enum class Event : std::uint8_t { added = 0, removed = 1, activated = 2, deactivated = 3 };
  Event event{};
  std::string id;
  Bytes octets{};  // of Event::added, which makes an active document
};

// What becomes of a time that is noted (Store::note_time) when another one was before.
enum class TimeNote : std::uint8_t { if_later, instead };

// Thread-safe. For every kind but CoRIMs, which Store takes one by one.
class DocumentStore {
 public:
  virtual ~DocumentStore() = default;

  // All of the kind, active or not, as this process knows them: what another one changed is seen within a second. Never
  // null; the list is never altered.
  [[nodiscard]] virtual std::shared_ptr<const Documents> documents(DocumentKind kind) const = 0;
  // Differs when documents() does: cheap enough to be asked for every appraisal, by whoever keeps what it made of them.
  [[nodiscard]] virtual std::uint64_t version(DocumentKind kind) const noexcept = 0;

  // A transaction. `decide` sees what is there, with all that others have committed, and says what shall change: all of
  // it or nothing. Its error is returned. Errc::conflict when an id is added that is there, Errc::not_found when one is
  // changed that is not. Durable when it returns, and in force for every appraisal that begins afterwards. `decide`
  // must not call the store.
  using Decision = std::function<Result<std::vector<DocumentChange>>(const Documents& present)>;
  virtual Result<void> change(DocumentKind kind, const Decision& decide) = 0;
};

}  // namespace credence::verifier
