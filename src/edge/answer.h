// One CoSERV result as look-ups read it: its triples under the keys that the schemes look them up by, or a deny list.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/coserv/coserv.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/store.h"
#include "verifier/store/index.h"

namespace credence::edge {

// Whose answers they are.
struct Service {
  std::string name{};  // its URL: what traces name as the source of a statement
  // The keys that results are believed by: statements on their word are those of provisioners, who sign nothing.
  std::vector<crypto::PublicKey> keys{};
  bool allow_insecure_unsigned = false;  // any key may stand for the provisioners
};

// Immutable. What it says is good until it expires: the CoRIMs that it stems from are valid as long, or longer.
class Answer {
 public:
  // Of a result that has been checked (client::check_coserv). Errc::unsupported for a statement that stands on the word
  // of several, or of somebody who is told by neither certificate nor a key of the service; and what the schemes
  // refuse.
  [[nodiscard]] static Result<std::shared_ptr<const Answer>> read(const rats::Coserv& message, const Service& service);

  [[nodiscard]] Timestamp expires() const noexcept { return expires_; }
  // What it states under this key; a statement is there as long as the answer.
  [[nodiscard]] Result<void> for_each_statement(const verifier::Lookup& lookup,
                                                const std::function<void(const verifier::Statement&)>& visit) const {
    return index_.for_each_statement(lookup, visit);
  }
  // Of an answer to deny_list_question(): null when the service carries none.
  [[nodiscard]] const std::shared_ptr<const verifier::DenyList>& deny_list() const noexcept { return deny_list_; }

 private:
  Answer() = default;

  Timestamp expires_{};
  verifier::Index index_;
  std::shared_ptr<const verifier::DenyList> deny_list_;
};

// Asks for the deny list of the service, as it is served beside CoRIMs of this profile.
[[nodiscard]] rats::CoservQuery deny_list_question(std::string_view profile);

}  // namespace credence::edge
