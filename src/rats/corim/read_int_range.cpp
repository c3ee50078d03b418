// int-range-type-choice (draft-ietf-rats-corim section 5.1.4.1.7).
#include "rats/corim/read.h"
#include "rats/corim/values_keys.h"

namespace credence::rats {
namespace {

Result<std::optional<std::int64_t>> read_end(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::null) {
    CHECK(reader.null());
    return std::nullopt;
  }
  TRY(const std::int64_t end, reader.integer());
  return end;
}

}  // namespace

// int / #6.564([min: int / null, max: int / null])
Result<std::variant<std::int64_t, IntRange>> read_int_range(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::tag) return reader.integer();
  CHECK(reader.expect_tag(kTagIntRange));
  IntRange range;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the minimum"));
  TRY(range.minimum, read_end(reader));
  CHECK(expect_item(reader, array, "the maximum"));
  TRY(range.maximum, read_end(reader));
  CHECK(expect_end(reader, array));
  if (range.minimum && range.maximum && *range.minimum > *range.maximum) {
    return fail_at(
        Errc::invalid_value, start,
        std::format("expected a minimum that is not above the maximum, got {} and {}", *range.minimum, *range.maximum));
  }
  return range;
}

}  // namespace credence::rats
