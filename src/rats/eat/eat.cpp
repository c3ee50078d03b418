#include "rats/eat/eat.h"

#include <format>

#include "rats/eat/nonce.h"
#include "rats/eat/ueid.h"
#include "rats/numeric_date.h"
#include "rats/oid.h"
#include "sign/cose/key.h"
#include "wire/cbor/reader.h"

namespace credence::rats {
namespace {

// CWT and EAT claim keys (IANA "CBOR Web Token (CWT) Claims").
constexpr std::int64_t kIssuer = 1;
constexpr std::int64_t kAudience = 3;
constexpr std::int64_t kExpires = 4;
constexpr std::int64_t kIssuedAt = 6;
constexpr std::int64_t kConfirmation = 8;
constexpr std::int64_t kNonce = 10;
constexpr std::int64_t kUeid = 256;
constexpr std::int64_t kOemId = 258;
constexpr std::int64_t kProfile = 265;
constexpr std::int64_t kSubmodules = 266;

Result<std::string> read_text(cbor::Reader& reader) {
  TRY(const std::string_view text, reader.text());
  return std::string(text);
}

// NumericDate without tag 1 (RFC 8392 section 2); fractions of a second are not used here.
Result<Timestamp> read_time(cbor::Reader& reader) {
  TRY(const std::int64_t seconds, reader.integer());
  return from_numeric_date(seconds);
}

// RFC 8747 section 3.1: {1 => COSE_Key}. Another way to confirm is refused and not skipped: whoever relies on the
// binding to a key would find none and take the token as a bearer token.
Result<crypto::PublicKey> read_confirmation(cbor::Reader& reader, const cbor::Limits& limits) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Map map, reader.map());
  TRY(const bool first, map.next(reader));
  if (!first) return fail_at(Errc::missing_member, start, "expected COSE_Key (1)");
  TRY(const std::int64_t method, reader.integer());
  if (method != 1)
    return fail_at(Errc::unsupported, start, std::format("expected COSE_Key (1), got method {}", method));
  TRY(const ByteView key, reader.raw_item());
  TRY(const bool second, map.next(reader));
  if (second) return fail_at(Errc::unsupported, start, "expected exactly one way to confirm");
  return cose::decode_key(key, limits);
}

Result<Bytes> read_nonce(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const ByteView nonce, reader.bytes());
  const Result<void> checked = check_eat_nonce(nonce);
  if (!checked) return fail_at(checked.error().code, start, checked.error().why);
  return to_bytes(nonce);
}

// bytes / [2* bytes]
Result<std::vector<Bytes>> read_nonces(cbor::Reader& reader) {
  std::vector<Bytes> nonces;
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::array) {
    TRY(nonces.emplace_back(), read_nonce(reader));
    return nonces;
  }
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) break;
    TRY(nonces.emplace_back(), read_nonce(reader));
  }
  if (nonces.size() < 2) return fail_at(Errc::invalid_value, start, "expected two nonces or more in the array");
  return nonces;
}

Result<Bytes> read_ueid(cbor::Reader& reader, UeidForm form) {
  const std::size_t start = reader.offset();
  TRY(const ByteView ueid, reader.bytes());
  if (form == UeidForm::any) {
    if (!ueid.empty() && ueid.size() <= 64) return to_bytes(ueid);
    return fail_at(Errc::invalid_value, start, std::format("expected 1 to 64 octets, got {}", ueid.size()));
  }
  const Result<UeidType> type = check_ueid(ueid);
  if (!type) return fail_at(type.error().code, start, type.error().why);
  return to_bytes(ueid);
}

Result<OemId> read_oem_id(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::byte_string) return reader.integer();
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() != 3 && octets.size() != 16) {
    return fail_at(Errc::invalid_value, start, std::format("expected 3 or 16 octets, got {}", octets.size()));
  }
  return to_bytes(octets);
}

// ~uri / ~oid: both without their tags.
Result<std::string> read_profile(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) return read_text(reader);
  const std::size_t start = reader.offset();
  TRY(const ByteView content, reader.bytes());
  const Result<std::string> oid = oid_to_text(content);
  if (!oid) return fail_at(oid.error().code, start, oid.error().why);
  return "oid:" + *oid;
}

Result<std::vector<std::pair<std::string, Bytes>>> read_submodules(cbor::Reader& reader) {
  std::vector<std::pair<std::string, Bytes>> submodules;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return submodules;
    TRY(std::string name, read_text(reader));
    TRY(const ByteView content, reader.raw_item());
    submodules.emplace_back(std::move(name), to_bytes(content));
  }
}

class ClaimsReader {
 public:
  ClaimsReader(ByteView input, const cbor::Limits& limits, UeidForm ueid)
      : reader_(input, limits), limits_(limits), ueid_(ueid) {}

  Result<EatClaims> read() {
    TRY(cbor::Reader::Map map, reader_.map());
    while (true) {
      TRY(const bool more, map.next(reader_));
      if (!more) break;
      TRY(const cbor::Type type, reader_.peek());
      if (type == cbor::Type::text_string) {
        TRY(std::string key, read_text(reader_));
        CHECK(keep(std::move(key)));
      } else {
        TRY(const std::int64_t key, reader_.integer());
        CHECK(claim(key));
      }
    }
    CHECK(reader_.finish());
    return std::move(claims_);
  }

 private:
  Result<void> claim(std::int64_t key) {
    switch (key) {
      case kIssuer:
        return store(claims_.issuer, "iss", read_text(reader_));
      case kAudience:
        return store(claims_.audience, "aud", read_text(reader_));
      case kExpires:
        return store(claims_.expires, "exp", read_time(reader_));
      case kIssuedAt:
        return store(claims_.issued_at, "iat", read_time(reader_));
      case kConfirmation:
        return store(claims_.confirmation_key, "cnf", read_confirmation(reader_, limits_));
      case kNonce:
        return store(claims_.nonces, "eat_nonce", read_nonces(reader_));
      case kUeid:
        return store(claims_.ueid, "ueid", read_ueid(reader_, ueid_));
      case kOemId:
        return store(claims_.oem_id, "oemid", read_oem_id(reader_));
      case kProfile:
        return store(claims_.profile, "eat_profile", read_profile(reader_));
      case kSubmodules:
        return store(claims_.submodules, "submods", read_submodules(reader_));
      default:
        return keep(key);
    }
  }

  template <typename To, typename From>
  Result<void> store(To& to, std::string_view name, Result<From> from) {
    if (!from) return within(name, std::move(from).error());
    to = *std::move(from);
    return {};
  }

  Result<void> keep(ClaimKey key) {
    TRY(const ByteView value, reader_.raw_item());
    claims_.others.emplace_back(std::move(key), to_bytes(value));
    return {};
  }

  cbor::Reader reader_;
  cbor::Limits limits_;
  UeidForm ueid_;
  EatClaims claims_;
};

}  // namespace

Result<EatClaims> decode_eat_claims(ByteView input, const cbor::Limits& limits, UeidForm ueid) {
  return ClaimsReader(input, limits, ueid).read();
}

}  // namespace credence::rats
