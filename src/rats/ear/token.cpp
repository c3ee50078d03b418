// An EAR as it is signed: a JWT (RFC 7519) or a CWT (RFC 8392).
#include <format>

#include "base/text.h"
#include "rats/ear/ear.h"
#include "rats/ear/to_json.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

constexpr std::uint64_t kCwtTag = 61;  // RFC 8392 section 6: before the tag of COSE, and not required

Result<Ear> ear_of(const jose::Jws& jws) {
  TRY(const json::Value claims, json::parse(as_text(jws.payload)));
  return ear_from_json(claims);
}

Result<Ear> ear_of(const cose::Sign1& message) { return ear_from_cbor(message.payload); }

Result<cose::Sign1> decode_cwt(ByteView cwt) {
  cbor::Reader reader(cwt);
  TRY(const cbor::Type type, reader.peek());
  TRY(const std::uint64_t tag, type == cbor::Type::tag ? reader.tag() : Result<std::uint64_t>(0));
  return cose::decode_sign1(tag == kCwtTag ? cwt.subspan(reader.offset()) : cwt);
}

// A JWT has dots between its parts, base64url has none.
bool is_jwt(std::string_view token) noexcept { return token.contains('.'); }

Result<Bytes> cwt_octets(std::string_view token) {
  Result<Bytes> octets = from_base64url(token);
  if (!octets) return fail(Errc::malformed, "expected a JWT, or a CWT in base64url");
  return octets;
}

// Only the caller's keys count, whatever key or key id the token names: its maker wrote those, and with them anyone
// could be the verifier (RFC 8725 section 3.10).
template <typename Message>
Result<Ear> verified(const Message& message, std::span<const crypto::PublicKey> keys) {
  for (const crypto::PublicKey& key : keys) {
    if (verify(message, key)) return ear_of(message);
  }
  return fail(Errc::untrusted_verifier,
              std::format("the result is signed by none of the {} verifier keys that are trusted here", keys.size()));
}

}  // namespace

Result<std::string> sign_ear(const Ear& ear, const crypto::PrivateKey& key, EarSpelling spelling,
                             const EarSigning& signing) {
  json::Arena memory;
  json::Object claims = memory.object();
  CHECK(write_ear(ear, spelling, claims));
  return jose::sign_jws(key, as_bytes(json::to_text(std::move(claims))), signing.kid, signing.algorithm);
}

Result<Bytes> sign_ear_cwt(const Ear& ear, const crypto::PrivateKey& key, const EarSigning& signing) {
  TRY(const Bytes claims, ear_to_cbor(ear));
  cose::Headers headers{.algorithm = signing.algorithm};
  if (signing.kid) headers.kid = to_bytes(as_bytes(*signing.kid));
  TRY(const Bytes message, cose::sign1(key, std::move(headers), claims));
  return cbor::Writer().tag(kCwtTag).raw_item(message).take();
}

Result<Ear> decode_ear_cwt(ByteView cwt) {
  TRY(const cose::Sign1 message, decode_cwt(cwt));
  return ear_of(message);
}

Result<Ear> verify_ear_cwt(ByteView cwt, std::span<const crypto::PublicKey> keys) {
  TRY(const cose::Sign1 message, decode_cwt(cwt));
  return verified(message, keys);
}

Result<Ear> decode_ear(std::string_view token) {
  if (!is_jwt(token)) {
    TRY(const Bytes octets, cwt_octets(token));
    return decode_ear_cwt(octets);
  }
  TRY(const jose::Jws jws, jose::decode_jws(token));
  return ear_of(jws);
}

Result<Ear> verify_ear(std::string_view token, std::span<const crypto::PublicKey> keys) {
  if (!is_jwt(token)) {
    TRY(const Bytes octets, cwt_octets(token));
    return verify_ear_cwt(octets, keys);
  }
  TRY(const jose::Jws jws, jose::decode_jws(token));
  return verified(jws, keys);
}

Result<std::optional<std::string>> ear_key_id(std::string_view token) {
  if (!is_jwt(token)) {
    TRY(const Bytes octets, cwt_octets(token));
    TRY(const cose::Sign1 message, decode_cwt(octets));
    const auto& kid = message.protected_headers.kid ? message.protected_headers.kid : message.unprotected_headers.kid;
    if (!kid) return std::nullopt;
    return std::string(as_text(*kid));
  }
  TRY(jose::Jws jws, jose::decode_jws(token));
  return std::move(jws.kid);
}

}  // namespace credence::rats
