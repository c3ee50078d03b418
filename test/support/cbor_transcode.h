// Reads CBOR item by item and writes the same with the writer: equal octets show that reader and writer agree.
#pragma once

#include "base/result.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::test {

// Appends the next item of `reader` to `writer`. Containers of indefinite length have no count to open them with.
inline Result<void> transcode(cbor::Reader& reader, cbor::Writer& writer) {
  TRY(const cbor::Type type, reader.peek());
  switch (type) {
    case cbor::Type::unsigned_integer:
      return reader.unsigned_integer().transform([&](std::uint64_t value) { writer.unsigned_integer(value); });
    case cbor::Type::byte_string:
      return reader.bytes().transform([&](ByteView value) { writer.bytes(value); });
    case cbor::Type::text_string:
      return reader.text().transform([&](std::string_view value) { writer.text(value); });
    case cbor::Type::boolean:
      return reader.boolean().transform([&](bool value) { writer.boolean(value); });
    case cbor::Type::floating_point:
      return reader.floating_point().transform([&](double value) { writer.floating_point(value); });
    case cbor::Type::tag: {
      TRY(const std::uint64_t number, reader.tag());
      writer.tag(number);
      return transcode(reader, writer);
    }
    case cbor::Type::array: {
      TRY(cbor::Reader::Array items, reader.array());
      if (!items.size()) return fail(Errc::unsupported, "an array of indefinite length");
      writer.array(*items.size());
      while (true) {
        TRY(const bool more, items.next(reader));
        if (!more) return {};
        CHECK(transcode(reader, writer));
      }
    }
    case cbor::Type::map: {
      TRY(cbor::Reader::Map entries, reader.map());
      if (!entries.size()) return fail(Errc::unsupported, "a map of indefinite length");
      writer.map(*entries.size());
      while (true) {
        TRY(const bool more, entries.next(reader));
        if (!more) return {};
        CHECK(transcode(reader, writer));
        CHECK(transcode(reader, writer));
      }
    }
    default:
      return reader.raw_item().transform([&](ByteView value) { writer.raw_item(value); });
  }
}

// One whole input.
inline Result<Bytes> transcode(ByteView input, const cbor::Limits& limits = {}) {
  cbor::Reader reader(input, limits);
  cbor::Writer writer;
  CHECK(transcode(reader, writer));
  CHECK(reader.finish());
  return writer.take();
}

}  // namespace credence::test
