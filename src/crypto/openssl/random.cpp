#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

class SystemRandom final : public Random {
 public:
  [[nodiscard]] Result<void> fill(MutableByteView out) const override {
    if (out.empty()) return {};
    return expect_one(RAND_bytes_ex(library_context(), out.data(), out.size(), 0), "RAND_bytes_ex");
  }
};

}  // namespace

std::shared_ptr<const Random> system_random() { return std::make_shared<SystemRandom>(); }

}  // namespace credence::crypto
