// Answers at hand, however they came: what one appraisal draws on.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "edge/answer.h"
#include "rats/coserv/coserv.h"

namespace credence::edge {

// An answer, and for how long this relying party uses it.
struct Kept {
  std::shared_ptr<const Answer> answer{};
  Timestamp received{};      // here
  Timestamp usable_until{};  // not after the answer's own expiry
  std::size_t size = 0;      // octets of the message

  // A clock that was set back must not prolong anything: what comes from its future is not used.
  [[nodiscard]] bool is_usable(Timestamp now) const noexcept;
};

// Thread-safe.
class Answers {
 public:
  virtual ~Answers() = default;
  // The answers which together say what the one to this query would; none when it has to be asked. An Error when it
  // cannot be asked either: never a verdict. `octets` are those of the query.
  [[nodiscard]] virtual Result<std::vector<Kept>> find(const rats::CoservQuery& query, ByteView octets,
                                                       Timestamp now) const = 0;
};

}  // namespace credence::edge
