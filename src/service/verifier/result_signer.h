// What signs results, and what relying parties are told of its keys: the one that signs, the one that will, and those
// that have.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/ear/ear.h"
#include "service/verifier/result_request.h"
#include "wire/json/json.h"

namespace credence::service {

struct SigningKey {
  crypto::PrivateKey key;
  std::optional<crypto::SignatureAlgorithm> algorithm{};  // absent: the key's default
};

// A key is announced before it signs and named until what it signed has expired, so that relying parties that follow
// the key set never meet a result of an unknown key.
struct ResultKeys {
  SigningKey current;
  std::optional<SigningKey> next{};          // announced
  std::optional<Timestamp> next_from{};      // when it takes over, at every node at once; absent: announced only
  std::vector<crypto::PublicKey> retired{};  // signed before `current` did
  Seconds longest_lifetime = kDefaultResultLifetime;
};

// Immutable, thread-safe.
class ResultSigner {
 public:
  // Each key signs once here: a token that is locked, or a module that lacks the algorithm, is found at the start and
  // not at the first result. Errc::configuration then, for an algorithm that is not the key's, and for a key that
  // stands in two places.
  [[nodiscard]] static Result<ResultSigner> make(ResultKeys keys);
  [[nodiscard]] static Result<ResultSigner> make(crypto::PrivateKey key) {
    return make(ResultKeys{.current = {.key = std::move(key)}});
  }

  // In the spelling that was asked for; a CWT in base64url. The key is the one of the time of issue. The token names it
  // by its thumbprint (RFC 7638): relying parties that know several find the right one.
  [[nodiscard]] Result<std::string> sign(const rats::Ear& result, const ResultRequest& request = {}) const;

  [[nodiscard]] const crypto::PrivateKey& key(Timestamp now) const { return active(now).signing.key; }
  // The key that signs at this time, with kid and alg, for discovery.
  [[nodiscard]] json::Object jwk(Timestamp now) const { return active(now).jwk; }
  // All that relying parties shall know, the one that signs first (RFC 7517 section 5).
  [[nodiscard]] json::Array jwks(Timestamp now) const;

 private:
  struct Key {
    SigningKey signing;
    std::string kid;
    json::Object jwk;
  };
  ResultSigner() = default;
  [[nodiscard]] static Result<Key> prepare(SigningKey key);
  [[nodiscard]] const Key& active(Timestamp at) const noexcept;

  std::vector<Key> keys_;  // current, next
  std::optional<Timestamp> next_from_;
  json::Array retired_;
  Seconds longest_lifetime_{};
};

}  // namespace credence::service
