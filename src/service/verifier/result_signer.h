// What signs results, and what relying parties are told of its keys: the one that signs, the one that will, and those
// that have.
#pragma once

#include <map>
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
  // stands in two places. What was announced before `now` is not known here.
  [[nodiscard]] static Result<ResultSigner> make(ResultKeys keys, Timestamp now);
  [[nodiscard]] static Result<ResultSigner> make(crypto::PrivateKey key) {
    return make(ResultKeys{.current = {.key = std::move(key)}}, Timestamp());
  }
  // The same for a verifier that has signed with `before` until now. The key that signs goes on until the one that
  // shall follow it has been announced for as long as a key set may be cached (kJwksMaxAge), and stays named until what
  // it signed has expired. Errc::configuration also for a key that is known to relying parties with another algorithm.
  [[nodiscard]] static Result<ResultSigner> make_after(const ResultSigner& before, ResultKeys keys, Timestamp now);

  // In the spelling that was asked for; a CWT in base64url. The key is the one of the time of issue. The token names it
  // by its thumbprint (RFC 7638): relying parties that know several find the right one.
  [[nodiscard]] Result<std::string> sign(const rats::Ear& result, const ResultRequest& request = {}) const;

  [[nodiscard]] const crypto::PrivateKey& key(Timestamp now) const { return active(now).key.signing.key; }
  // The key that signs at this time, with kid and alg, for discovery.
  [[nodiscard]] json::Object jwk(Timestamp now) const { return active(now).key.jwk; }
  // Of the keys that relying parties are told of now, those that `before` did not tell them of, and the one that signs
  // in the end where that was another one.
  [[nodiscard]] std::vector<std::string> new_kids(const ResultSigner& before, Timestamp now) const;
  // All that relying parties shall know, the one that signs first (RFC 7517 section 5).
  [[nodiscard]] json::Array jwks(Timestamp now) const;
  // When another key takes over; nothing when none will.
  [[nodiscard]] std::optional<Timestamp> next_change(Timestamp now) const;

 private:
  struct Key {
    SigningKey signing;
    std::string kid;
    json::Object jwk;
  };
  struct Turn {
    Key key;
    Timestamp from = Timestamp::min();
  };
  // A key that does not sign.
  struct Named {
    json::Object jwk;
    bool configured = false;
    Timestamp until = Timestamp::min();  // whether it is configured or not: what it signed is good as long

    [[nodiscard]] bool is_named(Timestamp now) const noexcept { return configured || until > now; }
  };
  ResultSigner() = default;
  [[nodiscard]] static Result<Key> prepare(SigningKey key);
  [[nodiscard]] static Result<ResultSigner> of_configuration(ResultKeys keys);
  [[nodiscard]] const Turn& active(Timestamp at) const;
  [[nodiscard]] Timestamp named_until(std::size_t turn) const;
  void keep_named(json::Object jwk, Timestamp until);
  void announce(Timestamp now);
  void remember_announcements(const ResultSigner& before, Timestamp now);
  void take_turns_after(const ResultSigner& before, Timestamp now);
  void begin_after_announcement(Timestamp now);
  void name_former_keys(const ResultSigner& before, Timestamp now);

  std::vector<Turn> turns_;  // in their order; the first has no beginning
  std::vector<Named> named_;
  std::map<std::string, Timestamp, std::less<>> announced_;  // by kid, all that are named
  Seconds longest_lifetime_{};
};

}  // namespace credence::service
