// EAR as a JWT (RFC 7519).
#include <format>

#include "rats/ear/ear.h"
#include "rats/ear/to_json.h"

namespace credence::rats {
namespace {

Result<Ear> ear_of(const jose::Jws& jws) {
  TRY(const json::Value claims, json::parse(as_text(jws.payload)));
  return ear_from_json(claims);
}

}  // namespace

Result<std::string> sign_ear(const Ear& ear, const crypto::PrivateKey& key, EarSpelling spelling,
                             std::optional<std::string_view> kid) {
  TRY(json::Object claims, write_ear(ear, spelling));
  return jose::sign_jws(key, as_bytes(json::to_text(std::move(claims))), kid);
}

Result<Ear> decode_ear(std::string_view jwt) {
  TRY(const jose::Jws jws, jose::decode_jws(jwt));
  return ear_of(jws);
}

Result<Ear> verify_ear(std::string_view jwt, std::span<const crypto::PublicKey> keys) {
  TRY(const jose::Jws jws, jose::decode_jws(jwt));
  // Only the caller's keys count, whatever key or key id the token names: its maker wrote those, and with them anyone
  // could be the verifier (RFC 8725 section 3.10).
  for (const crypto::PublicKey& key : keys) {
    if (jose::verify(jws, key)) return ear_of(jws);
  }
  return fail(Errc::untrusted_verifier,
              std::format("the result is signed by none of the {} verifier keys that are trusted here", keys.size()));
}

}  // namespace credence::rats
