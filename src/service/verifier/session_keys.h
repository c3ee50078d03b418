// The keys that seal sessions, shared by the verifiers of a fleet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"

namespace credence::service {

// What is sealed for one does not open for the other.
enum class SealedFor : std::uint8_t { session, submission };

// Thread-safe.
class SessionKeys {
 public:
  // One key a line, 32 octets as 64 hexadecimal digits; empty lines and lines that begin with # do not count. The first
  // seals, all open: a new key is added at the end of the file on every verifier, then moved to its beginning, and the
  // old one goes once the sessions that it sealed have expired. What is sealed for one tenant does not open
  // for another, with the same keys. Errc::configuration.
  [[nodiscard]] static Result<SessionKeys> from_text(std::string_view text, std::string_view tenant,
                                                     SealedFor purpose = SealedFor::session);
  // The same from a file that only its owner can read: whoever reads it can open sessions with nonces of old.
  [[nodiscard]] static Result<SessionKeys> from_file(const std::filesystem::path& file, std::string_view tenant,
                                                     SealedFor purpose = SealedFor::session);

  // A random nonce, then what the nonce and the first key make of `plaintext`.
  [[nodiscard]] Result<Bytes> seal(ByteView plaintext, const Random& random) const;
  // Errc::bad_signature when no key sealed it.
  struct Opened {
    Bytes nonce;  // of the seal: unique, so it identifies what was sealed
    Bytes plaintext;
  };
  [[nodiscard]] Result<Opened> open(ByteView sealed) const;

 private:
  SessionKeys(std::vector<crypto::AeadKey> keys, std::string purpose)
      : keys_(std::move(keys)), purpose_(std::move(purpose)) {}
  std::vector<crypto::AeadKey> keys_;  // at least one
  std::string purpose_;                // associated data of each seal
};

}  // namespace credence::service
