// concise-mid-tag (draft-ietf-rats-corim section 5.1).
#include "rats/corim/read.h"

namespace credence::rats {
namespace {

// tag-identity-map = {0 => tag-id, ? 1 => tag-version}
Result<void> read_tag_identity(cbor::Reader& reader, CorimReading& reading, Comid& comid) {
  const std::size_t start = reader.offset();
  bool identified = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(comid.id, read_tag_id(reader, reading));
      identified = true;
    } else if (key == 1) {
      TRY(comid.version, reader.unsigned_integer());
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!identified) return fail_at(Errc::missing_member, start, "expected the tag-id (0)");
  return {};
}

// linked-tag-map = {0 => tag-id, 1 => supplements (0) / replaces (1)}
Result<LinkedTag> read_linked_tag(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  LinkedTag linked;
  bool identified = false;
  bool related = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(linked.id, in("linked-tag-id", read_tag_id(reader, reading)));
      identified = true;
    } else if (key == 1) {
      TRY(linked.relation, in("tag-rel", reader.integer()));
      related = true;
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!identified || !related) {
    return fail_at(Errc::missing_member, start, "expected the id (0) and the relation (1) of the linked tag");
  }
  return linked;
}

}  // namespace

Result<Comid> read_comid(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Comid comid;
  bool identified = false;
  bool stating = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(comid.language, in("language", reader.text()));
    } else if (key == 1) {
      CHECK(in("tag-identity", read_tag_identity(reader, reading, comid)));
      identified = true;
    } else if (key == 2) {
      CHECK(in("entities", append_items(reader, reading, comid.entities, read_entity)));
    } else if (key == 3) {
      CHECK(in("linked-tags", append_items(reader, reading, comid.linked_tags, read_linked_tag)));
    } else if (key == 4) {
      CHECK(in("triples", read_triples(reader, reading, comid)));
      stating = true;
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!identified) return fail_at(Errc::missing_member, start, "expected the tag-identity (1) of the CoMID");
  if (!stating) return fail_at(Errc::missing_member, start, "expected triples (4) in the CoMID");
  return comid;
}

}  // namespace credence::rats
