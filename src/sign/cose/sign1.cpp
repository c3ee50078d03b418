#include "sign/cose/sign1.h"

#include <format>

#include "sign/cose/headers.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::cose {
namespace {

constexpr std::uint64_t kSign1Tag = 18;

Result<void> enter_tag(cbor::Reader& reader, Tagged tagged) {
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::tag && tagged == Tagged::optional) return {};
  return reader.expect_tag(kSign1Tag);
}

Result<void> next_member(cbor::Reader::Array& array, cbor::Reader& reader, std::string_view member) {
  TRY(const bool more, array.next(reader));
  if (more) return {};
  return fail_at(Errc::missing_member, reader.offset(), std::format("expected {} of COSE_Sign1, got the end", member));
}

Result<Bytes> decode_payload(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::null) {
    return fail_at(Errc::unsupported, reader.offset(), "expected the payload in the message, got a detached one");
  }
  TRY(const ByteView payload, reader.bytes());
  return to_bytes(payload);
}

// RFC 9052 section 4.4, over the protected octets exactly as they came: encoding them anew would check a signature over
// something that the signer may never have seen.
Bytes sig_structure(ByteView protected_octets, ByteView external_aad, ByteView payload) {
  return cbor::Writer().array(4).text("Signature1").bytes(protected_octets).bytes(external_aad).bytes(payload).take();
}

}  // namespace

// COSE_Sign1 = [ protected: bstr .cbor header_map, unprotected: header_map, payload: bstr / nil, signature: bstr ]
Result<Sign1> decode_sign1(ByteView input, Tagged tagged, const cbor::Limits& limits) {
  cbor::Reader reader(input, limits);
  CHECK(enter_tag(reader, tagged));
  TRY(cbor::Reader::Array array, reader.array());
  Sign1 message;
  Labels seen;

  CHECK(next_member(array, reader, "the protected headers"));
  TRY(const ByteView protected_octets, reader.bytes());
  message.protected_octets = to_bytes(protected_octets);
  auto protected_headers = decode_protected(protected_octets, limits, seen);
  if (!protected_headers) return within("protected", std::move(protected_headers).error());
  message.protected_headers = *std::move(protected_headers);

  CHECK(next_member(array, reader, "the unprotected headers"));
  auto unprotected_headers = decode_unprotected(reader, seen);
  if (!unprotected_headers) return within("unprotected", std::move(unprotected_headers).error());
  message.unprotected_headers = *std::move(unprotected_headers);

  CHECK(next_member(array, reader, "the payload"));
  TRY(message.payload, decode_payload(reader));

  CHECK(next_member(array, reader, "the signature"));
  TRY(const ByteView signature, reader.bytes());
  message.signature = to_bytes(signature);

  TRY(const bool more, array.next(reader));
  if (more) return fail_at(Errc::malformed, reader.offset(), "expected the four members of COSE_Sign1, got more");
  CHECK(reader.finish());
  return message;
}

Result<void> verify(const Sign1& message, const crypto::PublicKey& key, ByteView external_aad) {
  // RFC 9052 section 3.1: alg is under the signature; PublicKey::verify refuses one that is not for this key.
  if (!message.protected_headers.algorithm) {
    return fail_in(Errc::missing_member, "protected", "expected the alg header parameter, got none");
  }
  return key.verify(*message.protected_headers.algorithm,
                    sig_structure(message.protected_octets, external_aad, message.payload), message.signature);
}

Result<Bytes> sign1(const crypto::PrivateKey& key, Headers protected_headers, ByteView payload, ByteView external_aad) {
  if (!protected_headers.algorithm) protected_headers.algorithm = key.default_algorithm();
  TRY(const Bytes protected_octets, encode_protected(protected_headers));
  TRY(const Bytes signature,
      key.sign(*protected_headers.algorithm, sig_structure(protected_octets, external_aad, payload)));
  return cbor::Writer().tag(kSign1Tag).array(4).bytes(protected_octets).map(0).bytes(payload).bytes(signature).take();
}

}  // namespace credence::cose
