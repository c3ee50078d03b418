#include "sign/cose/headers.h"
#include "sign/cose/labels.h"
#include "wire/cbor/writer.h"

namespace credence::cose {
namespace {

std::size_t count(const Headers& headers) noexcept {
  return std::size_t{headers.algorithm.has_value()} + std::size_t{headers.content_type.has_value()} +
         std::size_t{headers.kid.has_value()} + std::size_t{!headers.x5chain.empty()} +
         std::size_t{headers.corim_meta.has_value()} + std::size_t{headers.cwt_claims.has_value()};
}

void write_content_type(cbor::Writer& writer, const ContentType& content_type) {
  writer.integer(label::content_type);
  if (const auto* content_format = std::get_if<std::uint64_t>(&content_type)) {
    writer.unsigned_integer(*content_format);
  } else {
    writer.text(std::get<std::string>(content_type));
  }
}

// RFC 9360 section 2: one certificate stands alone, more are an array.
void write_x5chain(cbor::Writer& writer, const std::vector<Bytes>& chain) {
  writer.integer(label::x5chain);
  if (chain.size() > 1) writer.array(chain.size());
  for (const Bytes& certificate : chain) writer.bytes(certificate);
}

Result<void> check_claims(ByteView claims) {
  CHECK(cbor::check_well_formed(claims));
  TRY(const cbor::Type type, cbor::Reader(claims).peek());
  if (type == cbor::Type::map) return {};
  return fail(Errc::unexpected_type, "expected an encoded map as CWT claims");
}

}  // namespace

Result<Bytes> encode_protected(const Headers& headers) {
  cbor::Writer writer;
  writer.map(count(headers));
  if (headers.algorithm) writer.integer(label::alg).integer(algorithm_id(*headers.algorithm));
  if (headers.content_type) write_content_type(writer, *headers.content_type);
  if (headers.kid) writer.integer(label::kid).bytes(*headers.kid);
  if (headers.corim_meta) writer.integer(label::corim_meta).bytes(*headers.corim_meta);
  if (headers.cwt_claims) {
    CHECK(check_claims(*headers.cwt_claims));
    writer.integer(label::cwt_claims).raw_item(*headers.cwt_claims);
  }
  if (!headers.x5chain.empty()) write_x5chain(writer, headers.x5chain);
  return writer.take();
}

}  // namespace credence::cose
