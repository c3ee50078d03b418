#include "verifier/store/submission.h"

#include "base/text.h"
#include "crypto/hash.h"

namespace credence::verifier {

Result<std::string> submission_id(ByteView octets) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, octets));
  return to_hex(digest.view());
}

}  // namespace credence::verifier
