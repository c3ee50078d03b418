// concise-mid-tag (draft-ietf-rats-corim section 5.1).
#include "rats/corim/write.h"

namespace credence::rats {

Result<void> write_comid(cbor::Writer& writer, const Comid& comid) {
  writer.map(2 + count_of(comid.language.has_value(), !comid.entities.empty(), !comid.linked_tags.empty()));
  if (comid.language) writer.unsigned_integer(0).text(*comid.language);
  writer.unsigned_integer(1).map(1 + count_of(comid.version != 0));
  write_tag_id(writer.unsigned_integer(0), comid.id);
  if (comid.version != 0) writer.unsigned_integer(1).unsigned_integer(comid.version);
  if (!comid.entities.empty()) CHECK(write_items(writer.unsigned_integer(2), comid.entities, write_entity));
  if (!comid.linked_tags.empty()) writer.unsigned_integer(3).array(comid.linked_tags.size());
  for (const LinkedTag& linked : comid.linked_tags) {
    write_tag_id(writer.map(2).unsigned_integer(0), linked.id);
    writer.unsigned_integer(1).integer(linked.relation);
  }
  return write_triples(writer.unsigned_integer(4), comid);
}

}  // namespace credence::rats
