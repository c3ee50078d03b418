#include "evidence/parsec_cca/bundle.h"

#include <format>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "crypto/hash.h"
#include "evidence/psa/limits.h"
#include "rats/eat/eat.h"
#include "wire/cbor/reader.h"

namespace credence::evidence::parsec_cca {
namespace {

constexpr std::uint64_t kTagKeyAttestation = 601;

struct Parts {
  std::optional<ByteView> kat{};
  std::optional<ByteView> pat{};
};

// Other members are refused: nobody has signed them.
Result<Parts> read_parts(ByteView octets) {
  cbor::Reader reader(octets, psa::kTokenLimits);
  Parts parts;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    const std::size_t start = reader.offset();
    TRY(const std::string_view key, reader.text());
    if (key != "kat" && key != "pat")
      return fail_at(Errc::unsupported, start, std::format("expected kat and pat, got {}", key.substr(0, 32)));
    TRY((key == "kat" ? parts.kat : parts.pat), reader.raw_item());
  }
  CHECK(reader.finish());
  return parts;
}

Result<rats::EatClaims> decode_kat(ByteView kat) {
  cbor::Reader reader(kat, psa::kTokenLimits);
  CHECK(reader.expect_tag(kTagKeyAttestation));
  TRY(rats::EatClaims claims, rats::decode_eat_claims(kat.subspan(reader.offset()), psa::kTokenLimits));
  if (claims.nonces.size() != 1)
    return fail_in(Errc::missing_member, "eat_nonce", std::format("expected one nonce, got {}", claims.nonces.size()));
  if (!claims.confirmation_key) return fail_in(Errc::missing_member, "cnf", "expected the key that is attested");
  return claims;
}

template <typename T>
Result<T> in_member(std::string_view member, Result<T> decoded) {
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

}  // namespace

Result<Bundle> decode_bundle(ByteView octets) {
  TRY(const Parts parts, read_parts(octets));
  if (!parts.kat) return fail_in(Errc::missing_member, "kat", "expected a key attestation");
  if (!parts.pat) return fail_in(Errc::missing_member, "pat", "expected a CCA token");
  TRY(const rats::EatClaims claims, in_member("kat", decode_kat(*parts.kat)));
  TRY(cca::Token pat, in_member("pat", cca::decode_token(*parts.pat)));
  return Bundle{.kat = to_bytes(*parts.kat),
                .nonce = Nonce(claims.nonces.front()),
                .key = *claims.confirmation_key,
                .pat = std::move(pat)};
}

Result<void> check_nonce(const Bundle& bundle, const Nonce& nonce) {
  // Veraison's scheme does not compare it: there a recording of last year passes as today's.
  if (bundle.nonce != nonce && !weak::removed(weak::Check::token_challenge))
    return fail_in(Errc::nonce_mismatch, "kat.eat_nonce",
                   std::format("the key attestation was made for another challenge: expected {}, got {}",
                               to_hex(nonce.view()), to_hex(bundle.nonce.view())));
  // Otherwise a key of anybody's stands beside a token that speaks of another.
  TRY(const crypto::Digest expected, crypto::digest(crypto::HashAlgorithm::sha512, bundle.kat));
  const Bytes& challenge = bundle.pat.realm.claims.challenge;
  if (equal(expected.view(), challenge) || weak::removed(weak::Check::realm_key_attestation)) return {};
  return fail_in(Errc::key_mismatch, "pat.realm.cca-realm-challenge",
                 std::format("the realm vouches for another key attestation: expected {}, got {}",
                             to_hex(expected.view()), to_hex(challenge)));
}

}  // namespace credence::evidence::parsec_cca
