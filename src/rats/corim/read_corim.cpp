// corim-map (draft-ietf-rats-corim section 4.1).
#include "rats/corim/corim_tags.h"
#include "rats/corim/read.h"
#include "rats/oid.h"

namespace credence::rats {
namespace {

// The tag number is read; its content follows: bytes .cbor since revision 2, the map itself in older drafts.
Result<void> read_tag_content(cbor::Reader& reader, CorimReading& reading, std::uint64_t tag, Corim& corim) {
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::byte_string) reading.legacy = true;
  if (tag == kTagComid) {
    TRY(Comid comid,
        type == cbor::Type::byte_string ? read_embedded(reader, reading, read_comid) : read_comid(reader, reading));
    corim.comids.push_back(std::move(comid));
    return {};
  }
  TRY(const ByteView content, type == cbor::Type::byte_string ? reader.bytes() : reader.raw_item());
  corim.other_tags.emplace_back(tag, to_bytes(content));
  return {};
}

// #6.506(bytes .cbor comid), and in old drafts bytes .cbor #6.506(comid)
Result<void> read_concise_tag(cbor::Reader& reader, CorimReading& reading, Corim& corim) {
  const auto read_tagged_content = [&](cbor::Reader& tagged, CorimReading& same) -> Result<void> {
    TRY(const std::uint64_t tag, tagged.tag());
    return read_tag_content(tagged, same, tag, corim);
  };
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::byte_string) return read_tagged_content(reader, reading);
  reading.legacy = true;
  return read_embedded(reader, reading, read_tagged_content);
}

// #6.32(uri) / #6.111(oid); a bare URI in older drafts
Result<std::string> read_profile(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) return read_uri(reader, reading);
  TRY(const std::uint64_t tag, reader.tag());
  if (tag == kTagUri) {
    TRY(const std::string_view uri, reader.text());
    return std::string(uri);
  }
  if (tag != kTagOid) {
    return fail_at(Errc::unexpected_type, start,
                   std::format("expected a URI or an OID (tag 32 or 111), got tag {}", tag));
  }
  TRY(const ByteView content, reader.bytes());
  Result<std::string> oid = oid_to_text(content);
  if (!oid) return fail_at(oid.error().code, start, oid.error().why);
  return "oid:" + *oid;
}

// Old drafts have an array of profiles. One decides how the CoRIM is read; of several, none.
Result<std::string> read_profile_or_array(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::array) return read_profile(reader, reading);
  reading.legacy = true;
  std::vector<std::string> profiles;
  CHECK(append_items(reader, reading, profiles, read_profile));
  if (profiles.size() != 1) {
    return fail_at(Errc::unsupported, start, std::format("expected one profile, got {}", profiles.size()));
  }
  return std::move(profiles.front());
}

// thumbprint: digest / [digest]. The first item tells them apart: an algorithm is no array.
Result<void> read_thumbprints(cbor::Reader& reader, CorimReading& reading, Locator& locator) {
  cbor::Reader ahead = reader;
  CHECK(ahead.array());
  TRY(const cbor::Type type, ahead.peek());
  if (type == cbor::Type::array) return append_items(reader, reading, locator.thumbprints, read_digest);
  TRY(CorimDigest digest, read_digest(reader, reading));
  locator.thumbprints.push_back(std::move(digest));
  return {};
}

// href: uri / [+ uri]
Result<void> read_references(cbor::Reader& reader, CorimReading& reading, Locator& locator) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::array) return append_items(reader, reading, locator.references, read_uri);
  TRY(std::string reference, read_uri(reader, reading));
  locator.references.push_back(std::move(reference));
  return {};
}

// corim-locator-map = {0 => href, ? 1 => thumbprint}
Result<Locator> read_locator(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Locator locator;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      CHECK(in("href", read_references(reader, reading, locator)));
    } else if (key == 1) {
      CHECK(in("thumbprint", read_thumbprints(reader, reading, locator)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (locator.references.empty()) return fail_at(Errc::missing_member, start, "expected href (0) in the locator");
  return locator;
}

Result<Corim> read_corim_map(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Corim corim;
  bool identified = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(corim.id, in("id", read_tag_id(reader, reading)));
      identified = true;
    } else if (key == 1) {
      CHECK(in("tags", read_items(reader, [&] { return read_concise_tag(reader, reading, corim); })));
    } else if (key == 2) {
      CHECK(in("dependent-rims", append_items(reader, reading, corim.dependent_rims, read_locator)));
    } else if (key == 3) {
      TRY(corim.profile, in("profile", read_profile_or_array(reader, reading)));
    } else if (key == 4) {
      TRY(corim.validity, in("validity", read_validity(reader, reading)));
    } else if (key == 5) {
      CHECK(in("entities", append_items(reader, reading, corim.entities, read_entity)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!identified) return fail_at(Errc::missing_member, start, "expected the id (0) of the CoRIM");
  if (corim.comids.empty() && corim.other_tags.empty()) {
    return fail_at(Errc::missing_member, start, "expected tags (1) in the CoRIM");
  }
  return corim;
}

// #6.501(map); the bare map in 2024 and 2025, #6.500(#6.501(map)) before that.
Result<void> read_outer_tags(cbor::Reader& reader, CorimReading& reading) {
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::tag) {
    reading.legacy = true;
    return {};
  }
  const std::size_t start = reader.offset();
  TRY(std::uint64_t tag, reader.tag());
  if (tag == kTagOldCorim) {
    reading.legacy = true;
    TRY(tag, reader.tag());
  }
  if (tag == kTagCorim) return {};
  const bool is_signed = tag == kTagCoseSign1 || tag == kTagOldSignedCorim;
  return fail_at(Errc::unexpected_type, start,
                 is_signed ? "expected an unsigned CoRIM (tag 501), got a signed one: verify it first"
                           : std::format("expected a CoRIM (tag 501), got tag {}", tag));
}

}  // namespace

Result<Corim> decode_corim(ByteView input, const CorimLimits& limits) {
  cbor::Reader reader(input, cbor_limits(limits));
  CorimReading reading{.limits = limits};
  CHECK(read_outer_tags(reader, reading));
  TRY(Corim corim, read_corim_map(reader, reading));
  CHECK(reader.finish());
  corim.legacy = reading.legacy;
  return corim;
}

}  // namespace credence::rats
