// Digests with the algorithm names of the IANA "Named Information Hash Algorithm" registry.
#include "rats/corim/read.h"

namespace credence::rats {

std::optional<crypto::HashAlgorithm> hash_of(const CorimDigest& digest) noexcept {
  if (const auto* text = std::get_if<std::string>(&digest.algorithm)) return crypto::hash_from_name(*text);
  switch (std::get<std::int64_t>(digest.algorithm)) {
    case 1:
      return crypto::HashAlgorithm::sha256;
    case 7:
      return crypto::HashAlgorithm::sha384;
    case 8:
      return crypto::HashAlgorithm::sha512;
    default:
      return std::nullopt;
  }
}

std::int64_t named_information_id(crypto::HashAlgorithm hash) noexcept {
  switch (hash) {
    case crypto::HashAlgorithm::sha256:
      return 1;
    case crypto::HashAlgorithm::sha384:
      return 7;
    case crypto::HashAlgorithm::sha512:
      break;
  }
  return 8;
}

// digest = [alg: int / text, val: bytes]
Result<CorimDigest> read_digest(cbor::Reader& reader, CorimReading&) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the algorithm of the digest"));
  CorimDigest digest;
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view algorithm, reader.text());
    digest.algorithm = std::string(algorithm);
  } else {
    TRY(digest.algorithm, reader.integer());
  }
  CHECK(expect_item(reader, array, "the value of the digest"));
  TRY(const ByteView value, reader.bytes());
  digest.value = to_bytes(value);
  CHECK(expect_end(reader, array));
  const auto hash = hash_of(digest);
  if (hash && value.size() != crypto::digest_size(*hash)) {
    return fail_at(
        Errc::invalid_value, start,
        std::format("expected {} octets of {}, got {}", crypto::digest_size(*hash), crypto::name(*hash), value.size()));
  }
  return digest;
}

}  // namespace credence::rats
