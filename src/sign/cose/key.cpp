#include "sign/cose/key.h"

#include <array>
#include <format>
#include <map>
#include <optional>

#include "crypto/algorithm.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::cose {
namespace {

using crypto::KeyType;
using crypto::PublicKey;

// Labels common to all keys (RFC 9052 section 7.1).
constexpr std::int64_t kKty = 1;
constexpr std::int64_t kAlg = 3;
constexpr std::int64_t kKeyOps = 4;
constexpr std::int64_t kVerify = 2;  // a value of key_ops (RFC 9052 table 5)

// Key types (RFC 9053 section 7, RFC 8230 section 4).
constexpr std::int64_t kOkp = 1;
constexpr std::int64_t kEc2 = 2;
constexpr std::int64_t kRsa = 3;

// Labels of EC2 and OKP (RFC 9053 sections 7.1 and 7.2). The labels of RSA reuse the numbers.
constexpr std::int64_t kCrv = -1;
constexpr std::int64_t kX = -2;
constexpr std::int64_t kY = -3;
constexpr std::int64_t kD = -4;
constexpr std::int64_t kRsaN = -1;
constexpr std::int64_t kRsaE = -2;
constexpr std::int64_t kRsaFirstPrivate = -3;
constexpr std::int64_t kRsaLastPrivate = -12;

struct Curve {
  std::int64_t id;
  KeyType type;
  std::size_t field;
};
constexpr std::array<Curve, 3> kCurves{
    {{1, KeyType::ec_p256, 32}, {2, KeyType::ec_p384, 48}, {3, KeyType::ec_p521, 66}}};
constexpr std::int64_t kCurveEd25519 = 6;

// The members by label, each as its encoded item: their meaning depends on kty, which may come last. Members with
// names are nobody's here.
class Members {
 public:
  static Result<Members> decode(ByteView input, const cbor::Limits& limits);

  [[nodiscard]] bool contains(std::int64_t label) const { return items_.contains(label); }
  [[nodiscard]] Result<cbor::Reader> required(std::int64_t label) const {
    const auto found = items_.find(label);
    if (found != items_.end()) return cbor::Reader(found->second);
    return fail(Errc::missing_member, std::format("expected member {} of a COSE_Key, got none", label));
  }
  [[nodiscard]] Result<std::int64_t> integer(std::int64_t label) const {
    TRY(cbor::Reader item, required(label));
    auto value = item.integer();
    if (!value) return within(std::to_string(label), std::move(value).error());
    return value;
  }
  [[nodiscard]] Result<ByteView> bytes(std::int64_t label) const {
    TRY(cbor::Reader item, required(label));
    auto value = item.bytes();
    if (!value) return within(std::to_string(label), std::move(value).error());
    return value;
  }

 private:
  std::map<std::int64_t, ByteView> items_;
};

Result<Members> Members::decode(ByteView input, const cbor::Limits& limits) {
  cbor::Reader reader(input, limits);
  TRY(cbor::Reader::Map map, reader.map());
  Members members;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const cbor::Type type, reader.peek());
    std::optional<std::int64_t> label;
    if (type == cbor::Type::text_string) {
      TRY(std::ignore, reader.text());
    } else {
      TRY(label, reader.integer());
    }
    TRY(const ByteView item, reader.raw_item());
    if (label) members.items_.emplace(*label, item);
  }
  CHECK(reader.finish());
  return members;
}

// A secret in a message has leaked; whoever used the key regardless would hide that.
Result<void> refuse_private(const Members& members, std::int64_t first, std::int64_t last) {
  for (std::int64_t label = first; label >= last; --label) {
    if (members.contains(label)) {
      return fail(Errc::bad_key, std::format("expected a public key, got the private member {}: treat that key as "
                                             "compromised",
                                             label));
    }
  }
  return {};
}

Result<ByteView> coordinate(const Members& members, std::int64_t label, std::size_t field) {
  TRY(const ByteView octets, members.bytes(label));
  // RFC 9053 section 7.1.1: leading zeros are kept, so that a coordinate has one form.
  if (octets.size() == field) return octets;
  return fail(Errc::bad_key, std::format("expected a coordinate of {} octets, got {}", field, octets.size()));
}

Result<PublicKey> decode_ec2(const Members& members) {
  CHECK(refuse_private(members, kD, kD));
  TRY(const std::int64_t id, members.integer(kCrv));
  for (const Curve& curve : kCurves) {
    if (curve.id != id) continue;
    TRY(const ByteView x, coordinate(members, kX, curve.field));
    TRY(const cbor::Reader y_item, members.required(kY));
    TRY(const cbor::Type y_type, y_item.peek());
    if (y_type == cbor::Type::boolean) {
      return fail(Errc::unsupported, "expected an uncompressed point, got the sign of y alone");
    }
    TRY(const ByteView y, coordinate(members, kY, curve.field));
    return PublicKey::from_ec_point(curve.type, x, y);
  }
  return fail(Errc::unsupported, std::format("expected the curve P-256, P-384 or P-521 (1, 2, 3), got {}", id));
}

Result<PublicKey> decode_okp(const Members& members) {
  CHECK(refuse_private(members, kD, kD));
  TRY(const std::int64_t id, members.integer(kCrv));
  if (id != kCurveEd25519) {
    return fail(Errc::unsupported, std::format("expected the curve Ed25519 (6), got {}", id));
  }
  TRY(const ByteView x, members.bytes(kX));
  return PublicKey::from_ed25519(x);
}

Result<PublicKey> decode_rsa(const Members& members) {
  CHECK(refuse_private(members, kRsaFirstPrivate, kRsaLastPrivate));
  TRY(const ByteView modulus, members.bytes(kRsaN));
  TRY(const ByteView exponent, members.bytes(kRsaE));
  return PublicKey::from_rsa(modulus, exponent);
}

Result<PublicKey> decode_by_type(const Members& members) {
  TRY(const std::int64_t kty, members.integer(kKty));
  switch (kty) {
    case kOkp:
      return decode_okp(members);
    case kEc2:
      return decode_ec2(members);
    case kRsa:
      return decode_rsa(members);
    default:
      return fail(Errc::unsupported, std::format("expected the key type OKP, EC2 or RSA (1, 2, 3), got {}", kty));
  }
}

// RFC 9052 section 7.1: alg and key_ops restrict the key. A key meant for something else must not verify signatures.
Result<void> check_algorithm(const Members& members, const PublicKey& key) {
  if (!members.contains(kAlg)) return {};
  TRY(const std::int64_t id, members.integer(kAlg));
  TRY(const crypto::SignatureAlgorithm algorithm, algorithm_from_id(id));
  return crypto::check_algorithm_fits(algorithm, key.type());
}

Result<void> check_operations(const Members& members) {
  if (!members.contains(kKeyOps)) return {};
  TRY(cbor::Reader item, members.required(kKeyOps));
  TRY(cbor::Reader::Array operations, item.array());
  while (true) {
    TRY(const bool more, operations.next(item));
    if (!more) break;
    TRY(const std::int64_t operation, item.integer());
    if (operation == kVerify) return {};
  }
  return fail(Errc::bad_key, "expected 'verify' (2) among key_ops");
}

const Curve& curve_of(KeyType type) {
  for (const Curve& curve : kCurves) {
    if (curve.type == type) return curve;
  }
  return kCurves[0];
}

}  // namespace

Result<PublicKey> decode_key(ByteView input, const cbor::Limits& limits) {
  TRY(const Members members, Members::decode(input, limits));
  TRY(PublicKey key, decode_by_type(members));
  CHECK(check_algorithm(members, key));
  CHECK(check_operations(members));
  return key;
}

Result<Bytes> encode_key(const PublicKey& key) {
  cbor::Writer writer;
  if (key.type() == KeyType::rsa) {
    TRY(const crypto::RsaPublic rsa, key.rsa());
    writer.map(3).integer(kKty).integer(kRsa);
    writer.integer(kRsaN).bytes(rsa.modulus).integer(kRsaE).bytes(rsa.exponent);
  } else if (key.type() == KeyType::ed25519) {
    TRY(const Bytes octets, key.ed25519());
    writer.map(3).integer(kKty).integer(kOkp).integer(kCrv).integer(kCurveEd25519).integer(kX).bytes(octets);
  } else {
    TRY(const crypto::EcPoint point, key.ec_point());
    writer.map(4).integer(kKty).integer(kEc2).integer(kCrv).integer(curve_of(key.type()).id);
    writer.integer(kX).bytes(point.x).integer(kY).bytes(point.y);
  }
  return writer.take();
}

}  // namespace credence::cose
