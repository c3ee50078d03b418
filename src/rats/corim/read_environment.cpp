#include "rats/corim/corim_tags.h"
#include "rats/corim/read.h"
#include "rats/corim/tag_content.h"

namespace credence::rats {
namespace {

Result<void> check_size(const TaggedBytes& tagged, std::size_t offset) {
  const std::size_t size = tagged.value.size();
  if (tagged.tag == kTagUuid && size != 16) {
    return fail_at(Errc::invalid_value, offset, std::format("expected a UUID of 16 octets, got {}", size));
  }
  if (tagged.tag == kTagUeid && (size < 7 || size > 33)) {
    return fail_at(Errc::invalid_value, offset, std::format("expected a UEID of 7 to 33 octets, got {}", size));
  }
  return {};
}

// A PSA implementation id (600) also occurs as text.
Result<ByteView> read_octets(cbor::Reader& reader, std::uint64_t tag) {
  TRY(const cbor::Type type, reader.peek());
  if (tag != kTagOldPsaImplementationId || type != cbor::Type::text_string) return reader.bytes();
  TRY(const std::string_view text, reader.text());
  return as_bytes(text);
}

Result<TaggedBytes> read_class_id(cbor::Reader& reader, CorimReading& reading) {
  TRY(TaggedBytes id, read_tagged(reader, reading));
  if (id.tag == kTagOldIntegerClassId) reading.legacy = true;
  if (id.tag == kTagOldPsaImplementationId) {
    // Revision 10 has the same octets under tag 560: read as such, old and new statements meet in one class.
    id.tag = kTagBytes;
    reading.legacy = true;
  }
  return id;
}

}  // namespace

// class-map = {? 0 => class-id, ? 1 => vendor, ? 2 => model, ? 3 => layer, ? 4 => index}
Result<Class> read_class(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Class read;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: {
        TRY(read.id, in("class-id", read_class_id(reader, reading)));
        return true;
      }
      case 1: {
        TRY(read.vendor, in("vendor", reader.text()));
        return true;
      }
      case 2: {
        TRY(read.model, in("model", reader.text()));
        return true;
      }
      case 3: {
        TRY(read.layer, in("layer", reader.unsigned_integer()));
        return true;
      }
      case 4: {
        TRY(read.index, in("index", reader.unsigned_integer()));
        return true;
      }
      default:
        return false;
    }
  };
  CHECK(read_map(reader, member));
  if (read == Class{}) return fail_at(Errc::missing_member, start, "expected at least one member in the class");
  return read;
}

Result<TaggedBytes> read_tagged(cbor::Reader& reader, CorimReading&) {
  const std::size_t start = reader.offset();
  TaggedBytes tagged;
  TRY(tagged.tag, reader.tag());
  switch (content_of(tagged.tag)) {
    case TagContent::octets: {
      TRY(const ByteView octets, read_octets(reader, tagged.tag));
      tagged.value = to_bytes(octets);
      break;
    }
    case TagContent::text: {
      TRY(const std::string_view text, reader.text());
      tagged.value = to_bytes(as_bytes(text));
      break;
    }
    case TagContent::item: {
      TRY(const ByteView item, reader.raw_item());
      tagged.value = to_bytes(item);
      break;
    }
  }
  CHECK(check_size(tagged, start));
  return tagged;
}

Result<CryptoKey> read_crypto_key(cbor::Reader& reader, CorimReading& reading) {
  TRY(TaggedBytes tagged, read_tagged(reader, reading));
  return CryptoKey{.tag = tagged.tag, .value = std::move(tagged.value)};
}

// environment-map = non-empty<{? 0 => class-map, ? 1 => instance, ? 2 => group}>
Result<Environment> read_environment(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Environment environment;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(environment.class_map, in("class", read_class(reader, reading)));
    } else if (key == 1) {
      TRY(environment.instance, in("instance", read_tagged(reader, reading)));
    } else if (key == 2) {
      TRY(environment.group, in("group", read_tagged(reader, reading)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  // An environment that names nothing would be matched by every attester.
  if (environment == Environment{}) {
    return fail_at(Errc::missing_member, start, "expected a class, an instance or a group in the environment");
  }
  return environment;
}

}  // namespace credence::rats
