#include <format>

#include "sign/cose/headers.h"
#include "sign/cose/labels.h"

namespace credence::cose {
namespace {

constexpr std::size_t kLongestChain = 16;

enum class Bucket : std::uint8_t { is_protected, is_unprotected };

struct Decoder {
  cbor::Reader& reader;
  Bucket bucket;
  Headers headers{};
  std::vector<Label> critical{};
};

bool understood(const Label& label) noexcept {
  const std::int64_t* number = std::get_if<std::int64_t>(&label);
  if (number == nullptr) return false;
  switch (*number) {
    case label::alg:
    case label::content_type:
    case label::kid:
    case label::corim_meta:
    case label::cwt_claims:
    case label::x5chain:
      return true;
    default:
      return false;
  }
}

std::string text(const Label& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return std::to_string(*number);
  return "'" + std::get<std::string>(label).substr(0, 32) + "'";
}

Result<Label> decode_label(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view name, reader.text());
    return Label(std::string(name));
  }
  TRY(const std::int64_t number, reader.integer());
  return Label(number);
}

Result<void> decode_algorithm(Decoder& decoder) {
  TRY(const cbor::Type type, decoder.reader.peek());
  if (type == cbor::Type::text_string) {
    return fail_at(Errc::unsupported_algorithm, decoder.reader.offset(),
                   "expected a registered algorithm identifier, got a name");
  }
  TRY(const std::int64_t id, decoder.reader.integer());
  TRY(decoder.headers.algorithm, algorithm_from_id(id));
  return {};
}

// crit: [+ label]
Result<void> decode_critical(Decoder& decoder) {
  const std::size_t start = decoder.reader.offset();
  TRY(cbor::Reader::Array labels, decoder.reader.array());
  while (true) {
    TRY(const bool more, labels.next(decoder.reader));
    if (!more) break;
    TRY(Label label, decode_label(decoder.reader));
    decoder.critical.push_back(std::move(label));
  }
  if (decoder.critical.empty()) return fail_at(Errc::invalid_value, start, "expected at least one label in crit");
  return {};
}

Result<void> decode_content_type(Decoder& decoder) {
  TRY(const cbor::Type type, decoder.reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view media_type, decoder.reader.text());
    decoder.headers.content_type = std::string(media_type);
    return {};
  }
  TRY(const std::uint64_t content_format, decoder.reader.unsigned_integer());
  decoder.headers.content_type = content_format;
  return {};
}

// COSE_X509 = bstr / [ 2*certs: bstr ]; an array of one is taken as well, as many signers write it.
Result<void> decode_x5chain(Decoder& decoder) {
  std::vector<Bytes>& chain = decoder.headers.x5chain;
  const std::size_t start = decoder.reader.offset();
  TRY(const cbor::Type type, decoder.reader.peek());
  if (type == cbor::Type::byte_string) {
    TRY(const ByteView certificate, decoder.reader.bytes());
    chain.push_back(to_bytes(certificate));
    return {};
  }
  TRY(cbor::Reader::Array certificates, decoder.reader.array());
  while (true) {
    TRY(const bool more, certificates.next(decoder.reader));
    if (!more) break;
    TRY(const ByteView certificate, decoder.reader.bytes());
    chain.push_back(to_bytes(certificate));
    // Each certificate costs a signature to check.
    if (chain.size() > kLongestChain) {
      return fail_at(Errc::too_large, start, std::format("expected at most {} certificates in x5chain", kLongestChain));
    }
  }
  if (chain.empty()) return fail_at(Errc::invalid_value, start, "expected at least one certificate in x5chain");
  return {};
}

Result<void> decode_octets(Decoder& decoder, std::optional<Bytes>& into) {
  TRY(const ByteView octets, decoder.reader.bytes());
  into = to_bytes(octets);
  return {};
}

Result<void> decode_cwt_claims(Decoder& decoder) {
  TRY(const cbor::Type type, decoder.reader.peek());
  if (type != cbor::Type::map) {
    return fail_at(Errc::unexpected_type, decoder.reader.offset(),
                   std::format("expected a map of CWT claims, got {}", cbor::name(type)));
  }
  TRY(const ByteView claims, decoder.reader.raw_item());
  decoder.headers.cwt_claims = to_bytes(claims);
  return {};
}

// RFC 9052 section 3.1 (alg, crit), RFC 9597 section 2 (CWT claims): what decides how a message is taken must be under
// its signature. Anyone on the way could change it otherwise.
Result<void> check_bucket(const Decoder& decoder, std::int64_t label) {
  const bool must_be_protected = label == label::alg || label == label::crit || label == label::cwt_claims;
  if (!must_be_protected || decoder.bucket == Bucket::is_protected) return {};
  return fail_at(Errc::invalid_value, decoder.reader.offset(),
                 std::format("expected header parameter {} in the protected bucket", label));
}

Result<void> decode_parameter(Decoder& decoder, std::int64_t label) {
  CHECK(check_bucket(decoder, label));
  switch (label) {
    case label::alg:
      return decode_algorithm(decoder);
    case label::crit:
      return decode_critical(decoder);
    case label::content_type:
      return decode_content_type(decoder);
    case label::kid:
      return decode_octets(decoder, decoder.headers.kid);
    case label::corim_meta:
      return decode_octets(decoder, decoder.headers.corim_meta);
    case label::cwt_claims:
      return decode_cwt_claims(decoder);
    case label::x5chain:
      return decode_x5chain(decoder);
    default:
      break;
  }
  TRY(std::ignore, decoder.reader.raw_item());
  return {};
}

// RFC 9052 section 3.1: a critical parameter that is not understood, or is not there, is a fatal error. The signer said
// that a reader who ignores it draws wrong conclusions.
Result<void> check_critical(const Decoder& decoder, const Labels& seen) {
  for (const Label& label : decoder.critical) {
    if (!understood(label)) {
      return fail(Errc::unsupported, std::format("the critical header parameter {} is not understood", text(label)));
    }
    if (!seen.contains(label)) {
      return fail(Errc::missing_member, std::format("crit names header parameter {}, which is absent", text(label)));
    }
  }
  return {};
}

Result<Headers> decode_map(Decoder decoder, Labels& seen) {
  TRY(cbor::Reader::Map map, decoder.reader.map());
  while (true) {
    TRY(const bool more, map.next(decoder.reader));
    if (!more) break;
    const std::size_t start = decoder.reader.offset();
    TRY(Label label, decode_label(decoder.reader));
    // RFC 9052 section 3: a label occurs once over both buckets. Two readers that prefer different buckets would see
    // different messages.
    if (!seen.insert(label).second) {
      return fail_at(Errc::duplicate_key, start, std::format("header parameter {} occurs twice", text(label)));
    }
    if (const auto* number = std::get_if<std::int64_t>(&label)) {
      CHECK(decode_parameter(decoder, *number));
    } else {
      TRY(std::ignore, decoder.reader.raw_item());
    }
  }
  CHECK(check_critical(decoder, seen));
  return std::move(decoder.headers);
}

}  // namespace

Result<Headers> decode_protected(ByteView octets, const cbor::Limits& limits, Labels& seen) {
  if (octets.empty()) return Headers{};
  cbor::Reader reader(octets, limits);
  TRY(Headers headers, decode_map({.reader = reader, .bucket = Bucket::is_protected}, seen));
  CHECK(reader.finish());
  return headers;
}

Result<Headers> decode_unprotected(cbor::Reader& reader, Labels& seen) {
  return decode_map({.reader = reader, .bucket = Bucket::is_unprotected}, seen);
}

}  // namespace credence::cose
