#include "evidence/cca/token.h"

#include <array>
#include <format>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "crypto/hash.h"
#include "evidence/psa/limits.h"
#include "wire/cbor/reader.h"

namespace credence::evidence::cca {
namespace {

constexpr std::uint64_t kTagEatCollection = 399;
constexpr std::uint64_t kTagCmwCollection = 907;
constexpr std::int64_t kPlatformToken = 44234;
constexpr std::int64_t kRealmToken = 44241;
constexpr std::uint64_t kContentFormatEatCwt = 263;  // application/eat+cwt

// [type, value]: a CMW record.
Result<ByteView> read_record(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  if (array.size() != 2) return fail_at(Errc::malformed, start, "expected a type and a value");
  CHECK(array.next(reader));
  TRY(const std::uint64_t type, reader.unsigned_integer());
  if (type != kContentFormatEatCwt)
    return fail_at(Errc::unsupported, start,
                   std::format("expected content format {} (application/eat+cwt), got {}", kContentFormatEatCwt, type));
  CHECK(array.next(reader));
  TRY(const ByteView value, reader.bytes());
  CHECK(array.next(reader));
  return value;
}

struct Collection {
  std::optional<ByteView> platform{};
  std::optional<ByteView> realm{};
};

Result<Collection> read_collection(cbor::Reader& reader, bool of_records) {
  Collection collection;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    const std::size_t start = reader.offset();
    TRY(const std::int64_t key, reader.integer());
    if (key != kPlatformToken && key != kRealmToken)
      return fail_at(Errc::unsupported, start,
                     std::format("expected {} and {}, got {}", kPlatformToken, kRealmToken, key));
    TRY((key == kPlatformToken ? collection.platform : collection.realm),
        of_records ? read_record(reader) : reader.bytes());
  }
  CHECK(reader.finish());
  return collection;
}

template <typename T>
Result<T> in_member(std::string_view member, Result<T> decoded) {
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

// RMM specification A7.2.2: the platform vouches for the realm's key by its challenge. Otherwise whoever has one
// platform token attests any realm, with a key of his own.
Result<void> check_binding(const Token& token) {
  const RealmClaims& realm = token.realm.claims;
  TRY(const crypto::Digest expected, crypto::digest(realm.public_key_hash, realm.public_key_octets));
  if (equal(expected.view(), token.platform.claims.nonce) || weak::removed(weak::Check::platform_binding)) return {};
  return fail_in(Errc::key_mismatch, "cca-platform-challenge",
                 std::format("the platform vouches for another key than the realm's: expected {}, got {}",
                             to_hex(expected.view()), to_hex(token.platform.claims.nonce)));
}

}  // namespace

Result<Token> decode_token(ByteView octets) {
  cbor::Reader reader(octets, psa::kTokenLimits);
  TRY(const std::uint64_t tag, reader.tag());
  if (tag != kTagEatCollection && tag != kTagCmwCollection)
    return fail_at(Errc::unexpected_type, 0,
                   std::format("expected tag {} or {}, got {}", kTagEatCollection, kTagCmwCollection, tag));
  TRY(const Collection collection, read_collection(reader, tag == kTagCmwCollection));
  if (!collection.platform) return fail_in(Errc::missing_member, "platform", "expected a platform token");
  if (!collection.realm) return fail_in(Errc::missing_member, "realm", "expected a realm token");
  TRY(PlatformToken platform, in_member("platform", decode_platform_token(*collection.platform)));
  TRY(RealmToken realm, in_member("realm", decode_realm_token(*collection.realm)));
  return Token{.platform = std::move(platform), .realm = std::move(realm)};
}

Result<void> check_nonce(const Token& token, const Nonce& nonce) {
  std::array<std::uint8_t, kRealmChallenge> expected{};
  if (nonce.view().size() > expected.size())
    return fail(Errc::nonce_mismatch, std::format("a realm's challenge has at most {} octets", expected.size()));
  std::ranges::copy(nonce.view(), expected.begin());
  if (equal(token.realm.claims.challenge, expected) || weak::removed(weak::Check::token_challenge)) return {};
  return fail_in(Errc::nonce_mismatch, "cca-realm-challenge",
                 std::format("the token was made for another challenge: expected {}, got {}", to_hex(expected),
                             to_hex(token.realm.claims.challenge)));
}

Result<void> check_signatures(const Token& token, const crypto::PublicKey& platform_key) {
  CHECK(check_binding(token));
  CHECK(in_member("platform", cose::verify(token.platform.message, platform_key)));
  return in_member("realm", cose::verify(token.realm.message, token.realm.public_key));
}

}  // namespace credence::evidence::cca
