#include <algorithm>

#include "rats/corim/corim_tags.h"
#include "rats/corim/read.h"
#include "rats/numeric_date.h"

namespace credence::rats {
namespace {

Result<Timestamp> read_time(cbor::Reader& reader) {
  CHECK(reader.expect_tag(kTagTime));
  const std::size_t start = reader.offset();
  TRY(const std::int64_t seconds, reader.integer());
  Result<Timestamp> time = from_numeric_date(seconds);
  if (!time) time.error().offset = start;
  return time;
}

}  // namespace

Result<void> expect_item(cbor::Reader& reader, cbor::Reader::Array& array, std::string_view what) {
  TRY(const bool more, array.next(reader));
  if (!more) return fail_at(Errc::missing_member, reader.offset(), std::format("expected {} in the array", what));
  return {};
}

Result<void> expect_end(cbor::Reader& reader, cbor::Reader::Array& array) {
  TRY(const bool more, array.next(reader));
  if (more) return fail_at(Errc::malformed, reader.offset(), "expected the end of the array");
  return {};
}

Result<TagId> read_tag_id(cbor::Reader& reader, CorimReading&) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  const std::size_t start = reader.offset();
  if (type == cbor::Type::tag) CHECK(reader.expect_tag(kTagUuid));
  TRY(const ByteView octets, reader.bytes());
  Uuid uuid;
  if (octets.size() != uuid.octets.size()) {
    return fail_at(Errc::invalid_value, start, std::format("expected a UUID of 16 octets, got {}", octets.size()));
  }
  std::ranges::copy(octets, uuid.octets.begin());
  return uuid;
}

Result<std::string> read_uri(cbor::Reader& reader, CorimReading& reading) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::tag) {
    CHECK(reader.expect_tag(kTagUri));
  } else {
    reading.legacy = true;
  }
  TRY(const std::string_view uri, reader.text());
  return std::string(uri);
}

// entity-map = {0 => name, ? 1 => uri, 2 => [+ role]}
Result<Entity> read_entity(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Entity entity;
  bool named = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(const std::string_view name, reader.text());
      entity.name = name;
      named = true;
    } else if (key == 1) {
      TRY(entity.regid, in("regid", read_uri(reader, reading)));
    } else if (key == 2) {
      const auto read_role = [](cbor::Reader& roles, CorimReading&) { return roles.integer(); };
      CHECK(in("roles", append_items(reader, reading, entity.roles, read_role)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!named) return fail_at(Errc::missing_member, start, "expected the name of the entity (0)");
  return entity;
}

// validity-map = {? 0 => not-before, 1 => not-after}
Result<Validity> read_validity(cbor::Reader& reader, CorimReading&) {
  const std::size_t start = reader.offset();
  Validity validity;
  bool bounded = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(validity.not_before, in("not-before", read_time(reader)));
    } else if (key == 1) {
      TRY(validity.not_after, in("not-after", read_time(reader)));
      bounded = true;
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!bounded) return fail_at(Errc::missing_member, start, "expected not-after (1) in the validity");
  return validity;
}

Result<void> check_validity(const Validity& validity, Timestamp at) {
  // draft-ietf-rats-corim section 4.1.6: outside its period a CoRIM is not used. Else reference values of a withdrawn,
  // vulnerable release make it trustworthy again.
  if (validity.not_before && at < *validity.not_before) {
    return fail(Errc::expired,
                std::format("not valid before {}, now it is {}", to_rfc3339(*validity.not_before), to_rfc3339(at)));
  }
  if (at > validity.not_after) {
    return fail(Errc::expired,
                std::format("not valid after {}, now it is {}", to_rfc3339(validity.not_after), to_rfc3339(at)));
  }
  return {};
}

}  // namespace credence::rats
