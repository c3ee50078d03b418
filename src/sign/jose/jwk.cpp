#include "sign/jose/jwk.h"

#include <array>
#include <format>

#include "base/text.h"
#include "crypto/algorithm.h"
#include "crypto/spki.h"

namespace credence::jose {
namespace {

using crypto::KeyType;
using crypto::PublicKey;

constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMembers = 6;             // of a JWK that is written, at most
constexpr std::size_t kRoomForThumbprint = 64;  // characters of its input, without those of the key

struct Curve {
  KeyType type;
  std::size_t field;
  std::string_view algorithm;
};
constexpr std::array<Curve, 3> kCurves{
    {{KeyType::ec_p256, 32, "ES256"}, {KeyType::ec_p384, 48, "ES384"}, {KeyType::ec_p521, 66, "ES512"}}};

Result<Bytes> octets(const json::Object& jwk, std::string_view member) {
  TRY(const std::string_view text, json::required_text(jwk, member));
  auto decoded = from_base64url(text);
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

Result<Bytes> coordinate(const json::Object& jwk, std::string_view member, std::size_t field) {
  TRY(Bytes decoded, octets(jwk, member));
  // RFC 7518 section 6.2.1.2: the full size of a coordinate, so that a key has one form.
  if (decoded.size() == field) return decoded;
  return fail_in(Errc::bad_key, std::string(member),
                 std::format("expected a coordinate of {} octets, got {}", field, decoded.size()));
}

Result<PublicKey> ec_key(const json::Object& jwk) {
  TRY(const std::string_view crv, json::required_text(jwk, "crv"));
  for (const Curve& curve : kCurves) {
    if (crypto::name(curve.type) != crv) continue;
    TRY(const Bytes x, coordinate(jwk, "x", curve.field));
    TRY(const Bytes y, coordinate(jwk, "y", curve.field));
    return PublicKey::from_ec_point(curve.type, x, y);
  }
  return fail_in(Errc::unsupported, "crv", std::format("expected P-256, P-384 or P-521, got '{}'", crv.substr(0, 32)));
}

Result<PublicKey> okp_key(const json::Object& jwk) {
  TRY(const std::string_view crv, json::required_text(jwk, "crv"));
  if (crv != "Ed25519") {
    return fail_in(Errc::unsupported, "crv", std::format("expected Ed25519, got '{}'", crv.substr(0, 32)));
  }
  TRY(const Bytes x, octets(jwk, "x"));
  return PublicKey::from_ed25519(x);
}

Result<PublicKey> rsa_key(const json::Object& jwk) {
  TRY(const Bytes modulus, octets(jwk, "n"));
  TRY(const Bytes exponent, octets(jwk, "e"));
  return PublicKey::from_rsa(modulus, exponent);
}

Result<PublicKey> key_by_type(const json::Object& jwk) {
  TRY(const std::string_view kty, json::required_text(jwk, "kty"));
  if (kty == "EC") return ec_key(jwk);
  if (kty == "RSA") return rsa_key(jwk);
  if (kty == "OKP") return okp_key(jwk);
  return fail_in(Errc::unsupported, "kty", std::format("expected EC, RSA or OKP, got '{}'", kty.substr(0, 32)));
}

// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. Whoever used such a key regardless would hide that it has leaked.
Result<void> refuse_private(const json::Object& jwk) {
  for (const std::string_view member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk.contains(member)) {
      return fail_in(Errc::bad_key, std::string(member),
                     "expected a public key, got a private member: treat that key as compromised");
    }
  }
  return {};
}

Result<void> check_operations(const json::Object& jwk) {
  if (!jwk.contains("key_ops")) return {};
  TRY(const json::Array* operations, json::required_array(jwk, "key_ops"));
  for (const json::Value& operation : *operations) {
    if (operation.is_string() && operation.get_string() == "verify") return {};
  }
  return fail_in(Errc::unsupported, "key_ops", "expected 'verify' among them");
}

// RFC 7517 sections 4.2 and 4.3: a key for encryption must not verify signatures; nobody vouched for that.
Result<void> check_use(const json::Object& jwk) {
  TRY(const auto use, json::optional_text(jwk, "use"));
  if (use && *use != "sig") {
    return fail_in(Errc::unsupported, "use", std::format("expected 'sig', got '{}'", use->substr(0, 32)));
  }
  return check_operations(jwk);
}

// RFC 7517 section 4.4.
Result<void> check_algorithm(const json::Object& jwk, const PublicKey& key) {
  TRY(const auto alg, json::optional_text(jwk, "alg"));
  if (!alg) return {};
  TRY(const crypto::SignatureAlgorithm algorithm, crypto::signature_algorithm_from_name(*alg));
  return crypto::check_algorithm_fits(algorithm, key.type());
}

bool is_not_for_us(const Error& error) noexcept {
  return error.code == Errc::unsupported || error.code == Errc::unsupported_algorithm;
}

struct Member {
  std::string_view name;
  std::string_view text;  // empty: the octets in base64url
  ByteView octets;
};

// The members that make the key, in the order that RFC 7638 section 3 demands; without a name where there are fewer.
std::array<Member, 4> required_members(const crypto::KeyView& key) {
  if (key.type == KeyType::rsa) return {{{"e", "", key.exponent}, {"kty", "RSA", {}}, {"n", "", key.modulus}, {}}};
  if (key.type == KeyType::ed25519) return {{{"crv", "Ed25519", {}}, {"kty", "OKP", {}}, {"x", "", key.key}, {}}};
  const ByteView coordinates = key.key.subspan(1);  // behind the mark of an uncompressed point
  const std::size_t field = crypto::field_size(key.type);
  return {{{"crv", crypto::name(key.type), {}},
           {"kty", "EC", {}},
           {"x", "", coordinates.first(field)},
           {"y", "", coordinates.subspan(field)}}};
}

void write_required_members(const crypto::KeyView& key, json::Object& jwk) {
  for (const Member& member : required_members(key)) {
    if (member.name.empty()) continue;
    if (member.text.empty()) {
      jwk[member.name] = to_base64url(member.octets);
    } else {
      jwk[member.name] = member.text;
    }
  }
}

// RFC 7638 section 3: nothing in it needs an escape.
std::string thumbprint_input(const crypto::KeyView& key) {
  std::string text;
  text.reserve(kRoomForThumbprint + 2 * (key.key.size() + key.modulus.size()));
  for (const Member& member : required_members(key)) {
    if (member.name.empty()) continue;
    text += text.empty() ? "{\"" : ",\"";
    (text += member.name) += R"(":")";
    append_base64url(text += member.text, member.octets);
    text += '"';
  }
  return text += '}';
}

Result<std::string> thumbprint_of(const crypto::KeyView& key) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(thumbprint_input(key))));
  return to_base64url(digest.view());
}

std::string_view only_algorithm(KeyType type) noexcept {
  for (const Curve& curve : kCurves) {
    if (curve.type == type) return curve.algorithm;
  }
  return type == KeyType::ed25519 ? "EdDSA" : "";
}

}  // namespace

Result<PublicKey> key_from_jwk(const json::Object& jwk) {
  CHECK(refuse_private(jwk));
  CHECK(check_use(jwk));
  TRY(PublicKey key, key_by_type(jwk));
  CHECK(check_algorithm(jwk, key));
  return key;
}

Result<std::vector<PublicKey>> keys_from_jwks(const json::Value& set) {
  TRY(const json::Object* object, json::as_object(set, ""));
  TRY(const json::Array* jwks, json::required_array(*object, "keys"));
  if (jwks->size() > kMostKeys) {
    return fail_in(Errc::too_large, "keys", std::format("expected at most {} keys, got {}", kMostKeys, jwks->size()));
  }
  std::vector<PublicKey> keys;
  for (const json::Value& value : *jwks) {
    TRY(const json::Object* jwk, json::as_object(value, "keys"));
    auto key = key_from_jwk(*jwk);
    if (key) {
      keys.push_back(*std::move(key));
    } else if (!is_not_for_us(key.error())) {
      return within("keys", std::move(key).error());
    }
  }
  if (keys.empty()) return fail_in(Errc::missing_member, "keys", "expected at least one key for signatures, got none");
  return keys;
}

Result<json::Object> jwk_from_key(const PublicKey& key) {
  json::Object jwk;
  CHECK(write_jwk(key.spki(), jwk));
  return jwk;
}

Result<void> write_jwk(ByteView spki, json::Object& jwk) {
  TRY(const crypto::KeyView key, crypto::read_spki(spki));
  TRY(const std::string kid, thumbprint_of(key));
  jwk.reserve(kMembers);
  write_required_members(key, jwk);
  if (const std::string_view alg = only_algorithm(key.type); !alg.empty()) jwk["alg"] = alg;
  jwk["kid"] = kid;
  return {};
}

Result<std::string> thumbprint(const PublicKey& key) {
  TRY(const crypto::KeyView view, crypto::read_spki(key.spki()));
  return thumbprint_of(view);
}

}  // namespace credence::jose
