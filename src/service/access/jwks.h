// The keys of an identity provider: a JWK set from a file or over HTTPS, kept for a while, and read again when a token
// names a key that is not among them.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"

namespace credence::service::access {

struct VerificationKey {
  std::optional<std::string> kid;
  crypto::PublicKey key;
  // The one that the set names, or the one that the type of the key has (RS256 for RSA): the token does not choose.
  crypto::SignatureAlgorithm algorithm;
};

// Keys that are not for signatures are left out. Errc::missing_member when none is left.
[[nodiscard]] Result<std::vector<VerificationKey>> parse_jwks(std::string_view json);

// Thread-safe. Reading blocks whoever asks.
class Jwks {
 public:
  using Read = std::function<Result<std::string>()>;  // the JSON
  Jwks(Read read, std::shared_ptr<const Clock> clock) : read_(std::move(read)), clock_(std::move(clock)) {}

  // https://..., or a file. With `ca_file` only its authorities vouch for the server.
  [[nodiscard]] static Read source(const std::string& where, const std::filesystem::path& ca_file);

  // Whether find() would read the set first.
  [[nodiscard]] bool would_read(const std::optional<std::string>& kid) const;
  // The key with this kid; without one, the only key that there is. Errc::unauthorized when there is none;
  // Errc::unavailable when the set cannot be read and what is known is too old.
  [[nodiscard]] Result<VerificationKey> find(const std::optional<std::string>& kid);

  static constexpr std::chrono::minutes kFresh{5};    // then it is read again
  static constexpr std::chrono::minutes kUsable{60};  // then it is not used any more
  static constexpr std::chrono::seconds kPause{10};   // between two attempts, whatever tokens come

 private:
  [[nodiscard]] const VerificationKey* known(const std::optional<std::string>& kid) const;
  [[nodiscard]] bool is_due(const std::optional<std::string>& kid, Timestamp now) const;
  [[nodiscard]] Result<void> refresh(Timestamp now);

  const Read read_;
  const std::shared_ptr<const Clock> clock_;
  std::mutex reading_;  // one reader; the others wait for what it finds
  mutable std::mutex mutex_;
  std::vector<VerificationKey> keys_;
  std::optional<Timestamp> read_at_;
  std::optional<Timestamp> tried_at_;
};

}  // namespace credence::service::access
