#include "service/verifier/result_signer.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "crypto/algorithm.h"
#include "service/verifier/jwks_api.h"
#include "sign/jose/jwk.h"

namespace credence::service {
namespace {

Result<json::Object> public_jwk(const crypto::PublicKey& key) {
  TRY(json::Object jwk, jose::jwk_from_key(key));
  jwk["use"] = "sig";
  return jwk;
}

Result<void> refuse_duplicates(const ResultKeys& keys) {
  std::vector<crypto::PublicKey> all = keys.retired;
  all.push_back(keys.current.key.public_key());
  if (keys.next) all.push_back(keys.next->key.public_key());
  for (auto key = all.begin(); key != all.end(); ++key)
    if (std::find(std::next(key), all.end(), *key) != all.end())
      return fail(Errc::configuration, "a signing key stands in two places: signing, next and retired keys differ");
  return {};
}

Result<void> try_once(const crypto::PrivateKey& key, crypto::SignatureAlgorithm algorithm) {
  constexpr std::string_view kMessage = "credence verifier: can this key sign?";
  TRY(const Bytes signature, key.sign(algorithm, as_bytes(kMessage)));
  return key.public_key().verify(algorithm, as_bytes(kMessage), signature);
}

std::string_view kid_of(const json::Object& jwk) { return jwk.at("kid").get_string(); }

// Null when it is not in the set.
const json::Object* find_key(const json::Array& set, std::string_view kid) {
  const auto found =
      std::ranges::find_if(set, [kid](const json::Value& key) { return kid_of(key.get_object()) == kid; });
  return found == set.end() ? nullptr : &found->get_object();
}

// Until their key sets are renewed, relying parties would hold what it signs for somebody else's.
Result<void> refuse_other_algorithm(const json::Object& jwk, const json::Array& known) {
  const json::Object* const before = find_key(known, kid_of(jwk));
  const json::Value* const algorithm = before == nullptr ? nullptr : before->if_contains("alg");
  if (algorithm == nullptr || *algorithm == jwk.at("alg")) return {};
  return fail(
      Errc::configuration,
      std::format("signing algorithm: relying parties know this key with {}, got {}: make another key, or restart",
                  json::to_text(*algorithm), json::to_text(jwk.at("alg"))));
}

}  // namespace

Result<ResultSigner::Key> ResultSigner::prepare(SigningKey key) {
  const crypto::PublicKey& public_key = key.key.public_key();
  const auto algorithm = key.algorithm.value_or(key.key.default_algorithm());
  // Found at the first result it would be too late: nobody could be appraised until somebody looks into the log.
  if (auto fits = crypto::check_algorithm_fits(algorithm, public_key.type()); !fits)
    return fail(Errc::configuration, "signing algorithm: " + fits.error().why);
  if (auto tried = try_once(key.key, algorithm); !tried)
    return fail(Errc::configuration, "the signing key does not sign: " + tried.error().text());
  TRY(json::Object jwk, public_jwk(public_key));
  jwk["alg"] = crypto::name(algorithm);
  TRY(std::string kid, jose::thumbprint(public_key));
  return Key{.signing = std::move(key), .kid = std::move(kid), .jwk = std::move(jwk)};
}

Result<ResultSigner> ResultSigner::of_configuration(ResultKeys keys) {
  CHECK(refuse_duplicates(keys));
  ResultSigner signer;
  TRY(Key current, prepare(std::move(keys.current)));
  signer.turns_.push_back({.key = std::move(current)});
  if (keys.next) {
    TRY(Key next, prepare(*std::move(keys.next)));
    if (keys.next_from) {
      signer.turns_.push_back({.key = std::move(next), .from = *keys.next_from});
    } else {
      signer.named_.push_back({.jwk = std::move(next.jwk), .configured = true});
    }
  }
  for (const crypto::PublicKey& key : keys.retired) {
    TRY(json::Object jwk, public_jwk(key));
    signer.named_.push_back({.jwk = std::move(jwk), .configured = true});
  }
  signer.longest_lifetime_ = keys.longest_lifetime;
  return signer;
}

Result<ResultSigner> ResultSigner::make(ResultKeys keys, Timestamp now) {
  TRY(ResultSigner signer, of_configuration(std::move(keys)));
  // The one that signs needs no announcement any more.
  signer.announced_.emplace(signer.active(now).key.kid, Timestamp::min());
  signer.announce(now);
  return signer;
}

Result<ResultSigner> ResultSigner::make_after(const ResultSigner& before, ResultKeys keys, Timestamp now) {
  TRY(ResultSigner signer, of_configuration(std::move(keys)));
  const json::Array known = before.jwks(now);
  for (const Turn& turn : signer.turns_) CHECK(refuse_other_algorithm(turn.key.jwk, known));
  // What was signed so far is good as long as it was said then.
  signer.longest_lifetime_ = std::max(signer.longest_lifetime_, before.longest_lifetime_);
  signer.name_former_keys(before, now);
  signer.remember_announcements(before, now);
  signer.take_turns_after(before, now);
  return signer;
}

// A key that is not named any more has to be announced again.
void ResultSigner::remember_announcements(const ResultSigner& before, Timestamp now) {
  for (const json::Value& jwk : before.jwks(now)) {
    const auto since = before.announced_.find(kid_of(jwk.get_object()));
    // By a clock that was ahead it was announced later than now.
    if (since != before.announced_.end()) announced_.emplace(since->first, std::min(since->second, now));
  }
  announce(now);
}

// What was announced before stays so.
void ResultSigner::announce(Timestamp now) {
  for (const Turn& turn : turns_) announced_.emplace(turn.key.kid, now);
  for (const Named& named : named_) announced_.emplace(kid_of(named.jwk), now);
}

void ResultSigner::take_turns_after(const ResultSigner& before, Timestamp now) {
  const Turn& signing = before.active(now);
  const auto shall_sign = std::ranges::find(turns_, active(now).key.kid, [](const Turn& turn) { return turn.key.kid; });
  if (shall_sign->key.kid == signing.key.kid) {
    // Until then what came before it signed.
    if (shall_sign != turns_.begin()) shall_sign->from = std::max(shall_sign->from, signing.from);
    return begin_after_announcement(now);
  }
  const Timestamp superseded = shall_sign->from;
  for (auto turn = turns_.begin(); turn != shall_sign; ++turn)
    keep_named(std::move(turn->key.jwk), superseded + longest_lifetime_);
  turns_.erase(turns_.begin(), shall_sign);
  turns_.front().from = std::max(turns_.front().from, now);
  turns_.insert(turns_.begin(), {.key = signing.key});
  begin_after_announcement(now);
}

// Relying parties may hold a key set that is kJwksMaxAge old.
void ResultSigner::begin_after_announcement(Timestamp now) {
  for (std::size_t i = 1; i < turns_.size(); ++i) {
    Turn& turn = turns_[i];
    if (turn.from < now) continue;
    turn.from = std::max({turn.from, turns_[i - 1].from, announced_.at(turn.key.kid) + kJwksMaxAge});
  }
}

void ResultSigner::name_former_keys(const ResultSigner& before, Timestamp now) {
  for (std::size_t i = 0; i + 1 < before.turns_.size() && before.turns_[i + 1].from <= now; ++i)
    keep_named(before.turns_[i].key.jwk, before.turns_[i + 1].from + longest_lifetime_);
  // What is configured says the configuration. Those whose time is over, too: perhaps the clock is ahead.
  for (const Named& named : before.named_)
    if (named.until > Timestamp::min()) keep_named(named.jwk, named.until);
}

void ResultSigner::keep_named(json::Object jwk, Timestamp until) {
  const auto known = std::ranges::find(named_, kid_of(jwk), [](const Named& named) { return kid_of(named.jwk); });
  if (known == named_.end()) {
    named_.push_back({.jwk = std::move(jwk), .until = until});
  } else {
    known->until = std::max(known->until, until);
  }
}

const ResultSigner::Turn& ResultSigner::active(Timestamp at) const {
  return *std::prev(std::ranges::upper_bound(turns_, at, {}, &Turn::from));
}

std::optional<Timestamp> ResultSigner::next_change(Timestamp now) const {
  const auto next = std::ranges::upper_bound(turns_, now, {}, &Turn::from);
  if (next == turns_.end()) return std::nullopt;
  return next->from;
}

Result<std::string> ResultSigner::sign(const rats::Ear& result, const ResultRequest& request) const {
  const Key& key = active(result.issued_at).key;
  const rats::EarSigning signing{.kid = key.kid, .algorithm = key.signing.algorithm};
  if (!request.as_cwt) return rats::sign_ear(result, key.signing.key, request.spelling, signing);
  TRY(const Bytes cwt, rats::sign_ear_cwt(result, key.signing.key, signing));
  return to_base64url(cwt);
}

// Until what it signed before the next one took over has expired.
Timestamp ResultSigner::named_until(std::size_t turn) const {
  return turn + 1 < turns_.size() ? turns_[turn + 1].from + longest_lifetime_ : Timestamp::max();
}

std::vector<std::string> ResultSigner::new_kids(const ResultSigner& before, Timestamp now) const {
  const json::Array known = before.jwks(now);
  std::vector<std::string> kids;
  for (const json::Value& jwk : jwks(now))
    if (const std::string_view kid = kid_of(jwk.get_object()); find_key(known, kid) == nullptr) kids.emplace_back(kid);
  const std::string& last = turns_.back().key.kid;
  if (last != before.turns_.back().key.kid && !std::ranges::contains(kids, last)) kids.push_back(last);
  return kids;
}

json::Array ResultSigner::jwks(Timestamp now) const {
  json::Array set{active(now).key.jwk};
  const auto add = [&set](const json::Object& jwk) {
    if (find_key(set, kid_of(jwk)) == nullptr) set.push_back(jwk);
  };
  for (std::size_t i = 0; i < turns_.size(); ++i)
    if (named_until(i) > now) add(turns_[i].key.jwk);
  for (const Named& named : named_)
    if (named.is_named(now)) add(named.jwk);
  return set;
}

}  // namespace credence::service
