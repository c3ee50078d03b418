// ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }  (RFC 3279 section 2.2.3)
#include <format>

#include "crypto/der.h"
#include "crypto/key.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kLargestField = 66;  // P-521

Result<ByteView> digits_of(ByteView scalar) {
  const ByteView digits = der::without_leading_zeros(scalar);
  // FIPS 186-5 section 6.4.2 step 1: r and s are in [1, n-1]. Zero would make the equation hold for keys it must not
  // hold for, should a library forget this check.
  if (digits.empty()) return fail(Errc::bad_signature, "expected r and s above zero");
  if (digits.size() > kLargestField) {
    return fail(Errc::bad_signature,
                std::format("expected r and s of at most {} octets, got {}", kLargestField, digits.size()));
  }
  return digits;
}

Result<void> append_fixed(Bytes& to, ByteView scalar, std::size_t field) {
  if (scalar.empty()) return fail(Errc::bad_signature, "expected r and s above zero");
  if (scalar.size() > field) {
    return fail(Errc::bad_signature,
                std::format("expected r and s of at most {} octets, got {}", field, scalar.size()));
  }
  to.resize(to.size() + field - scalar.size());
  append(to, scalar);
  return {};
}

}  // namespace

Result<Bytes> ecdsa_to_der(ByteView r, ByteView s) {
  TRY(const ByteView r_digits, digits_of(r));
  TRY(const ByteView s_digits, digits_of(s));
  constexpr std::size_t head = 2;  // of each INTEGER: below 128 octets
  const std::size_t size = 2 * head + der::unsigned_integer_size(r_digits) + der::unsigned_integer_size(s_digits);
  Bytes out;
  out.reserve(size + 3);
  der::append_head(out, der::Tag::sequence, size);
  der::append_unsigned_integer(out, r_digits);
  der::append_unsigned_integer(out, s_digits);
  return out;
}

Result<Bytes> ecdsa_from_der(ByteView der, std::size_t field) {
  der::Reader outer(der);
  TRY(der::Reader sequence, outer.nested(der::Tag::sequence));
  CHECK(outer.finish());
  TRY(const ByteView r, sequence.unsigned_integer());
  TRY(const ByteView s, sequence.unsigned_integer());
  CHECK(sequence.finish());
  Bytes out;
  out.reserve(2 * field);
  CHECK(append_fixed(out, r, field));
  CHECK(append_fixed(out, s, field));
  return out;
}

}  // namespace credence::crypto
