#include "service/access/jwks.h"

#include <algorithm>
#include <format>

#include "client/http.h"
#include "service/verifier/file.h"
#include "sign/jose/jwk.h"
#include "wire/json/json.h"

namespace credence::service::access {
namespace {

constexpr std::size_t kMaxSet = 256 << 10;
constexpr std::size_t kMostKeys = 64;
constexpr std::chrono::seconds kConnectTime{2}, kReadTime{5};

crypto::SignatureAlgorithm algorithm_of(crypto::KeyType type) noexcept {
  using enum crypto::SignatureAlgorithm;
  switch (type) {
    case crypto::KeyType::ec_p256:
      return es256;
    case crypto::KeyType::ec_p384:
      return es384;
    case crypto::KeyType::ec_p521:
      return es512;
    case crypto::KeyType::ed25519:
      return eddsa;
    case crypto::KeyType::rsa:
      break;
  }
  return rs256;
}

Result<VerificationKey> parse_key(const json::Object& jwk) {
  TRY(crypto::PublicKey key, jose::key_from_jwk(jwk));
  TRY(const auto kid, json::optional_text(jwk, "kid"));
  TRY(const auto alg, json::optional_text(jwk, "alg"));
  crypto::SignatureAlgorithm algorithm = algorithm_of(key.type());
  if (alg) {
    TRY(algorithm, crypto::signature_algorithm_from_name(*alg));
  }
  return VerificationKey{
      .kid = kid ? std::optional<std::string>(*kid) : std::nullopt, .key = std::move(key), .algorithm = algorithm};
}

Result<std::string> fetch(const std::string& url, const client::HttpOptions& options) {
  TRY(const client::HttpResponse response,
      client::request({.url = url, .headers = {{"Accept", "application/jwk-set+json, application/json"}}}, options));
  if (response.status != 200)
    return fail_in(Errc::unavailable, url, std::format("expected a JWK set, got status {}", response.status));
  return std::string(response.text());
}

}  // namespace

Result<std::vector<VerificationKey>> parse_jwks(std::string_view text) {
  TRY(const json::Value set, json::parse(text, {.bytes = kMaxSet}));
  TRY(const json::Object* object, json::as_object(set, ""));
  TRY(const json::Array* jwks, json::required_array(*object, "keys"));
  if (jwks->size() > kMostKeys)
    return fail_in(Errc::too_large, "keys", std::format("expected at most {} keys, got {}", kMostKeys, jwks->size()));
  std::vector<VerificationKey> keys;
  for (const json::Value& value : *jwks) {
    TRY(const json::Object* jwk, json::as_object(value, "keys"));
    // RFC 7517 section 5: what is not understood, a key for encryption among them, is passed over.
    if (auto key = parse_key(*jwk)) keys.push_back(*std::move(key));
  }
  if (keys.empty()) return fail_in(Errc::missing_member, "keys", "expected at least one key for signatures, got none");
  return keys;
}

Jwks::Read Jwks::source(const std::string& where, const std::filesystem::path& ca_file) {
  if (!where.starts_with("https://")) {
    return [where]() -> Result<std::string> {
      TRY(const SecretBytes text, read_file(where, kMaxSet));
      return std::string(as_text(text.view()));
    };
  }
  client::HttpOptions options{.connect_timeout = kConnectTime, .timeout = kReadTime, .max_response = kMaxSet};
  if (!ca_file.empty()) options.ca_file = ca_file;
  return [where, options] { return fetch(where, options); };
}

const VerificationKey* Jwks::known(const std::optional<std::string>& kid) const {
  // Without a kid the choice would be ours: there must be none to make.
  if (!kid) return keys_.size() == 1 ? &keys_.front() : nullptr;
  const auto found = std::ranges::find(keys_, kid, &VerificationKey::kid);
  return found == keys_.end() ? nullptr : &*found;
}

// Anybody can name kids that do not exist: they make nobody read more than once in a while.
bool Jwks::is_due(const std::optional<std::string>& kid, Timestamp now) const {
  const bool may_try = !tried_at_ || now - *tried_at_ >= kPause || now < *tried_at_;
  const bool is_fresh = read_at_ && now >= *read_at_ && now - *read_at_ < kFresh;
  return may_try && (!is_fresh || known(kid) == nullptr);
}

bool Jwks::would_read(const std::optional<std::string>& kid) const {
  const std::lock_guard lock(mutex_);
  return is_due(kid, clock_->now());
}

Result<void> Jwks::refresh(Timestamp now) {
  {
    const std::lock_guard lock(mutex_);
    tried_at_ = now;
  }
  TRY(const std::string text, read_());
  TRY(auto keys, parse_jwks(text));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  read_at_ = now;
  return {};
}

Result<VerificationKey> Jwks::find(const std::optional<std::string>& kid) {
  std::optional<Error> failure;
  if (would_read(kid)) {
    const std::lock_guard lock(reading_);
    if (would_read(kid)) {  // still: another may have read it in the meantime
      if (auto done = refresh(clock_->now()); !done) failure = std::move(done).error();
    }
  }
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_->now();
  if (!read_at_ || now < *read_at_ || now - *read_at_ >= kUsable) {
    return fail(Errc::unavailable, "the keys of the identity provider cannot be read" +
                                       (failure ? ": " + failure->text() : std::string()));
  }
  if (const VerificationKey* const key = known(kid)) return *key;
  return fail(Errc::unauthorized, kid ? "the token is signed with a key that the identity provider does not have"
                                      : "the token names no key, and the identity provider has several");
}

}  // namespace credence::service::access
