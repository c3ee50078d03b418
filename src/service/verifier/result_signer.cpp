#include "service/verifier/result_signer.h"

#include <algorithm>
#include <format>

#include "base/text.h"
#include "crypto/algorithm.h"
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

Result<ResultSigner> ResultSigner::make(ResultKeys keys) {
  CHECK(refuse_duplicates(keys));
  ResultSigner signer;
  TRY(Key current, prepare(std::move(keys.current)));
  signer.keys_.push_back(std::move(current));
  if (keys.next) {
    TRY(Key next, prepare(*std::move(keys.next)));
    signer.keys_.push_back(std::move(next));
    signer.next_from_ = keys.next_from;
  }
  for (const crypto::PublicKey& key : keys.retired) {
    TRY(json::Object jwk, public_jwk(key));
    signer.retired_.push_back(std::move(jwk));
  }
  signer.longest_lifetime_ = keys.longest_lifetime;
  return signer;
}

const ResultSigner::Key& ResultSigner::active(Timestamp at) const noexcept {
  return next_from_ && at >= *next_from_ ? keys_.back() : keys_.front();
}

Result<std::string> ResultSigner::sign(const rats::Ear& result, const ResultRequest& request) const {
  const Key& key = active(result.issued_at);
  const rats::EarSigning signing{.kid = key.kid, .algorithm = key.signing.algorithm};
  if (!request.as_cwt) return rats::sign_ear(result, key.signing.key, request.spelling, signing);
  TRY(const Bytes cwt, rats::sign_ear_cwt(result, key.signing.key, signing));
  return to_base64url(cwt);
}

json::Array ResultSigner::jwks(Timestamp now) const {
  const Key& first = active(now);
  json::Array set{first.jwk};
  const bool current_is_over = next_from_ && now >= *next_from_ + longest_lifetime_;
  for (const Key& key : keys_)
    if (&key != &first && !current_is_over) set.push_back(key.jwk);
  for (const json::Value& key : retired_) set.push_back(key);
  return set;
}

}  // namespace credence::service
