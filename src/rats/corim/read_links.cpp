// Triples that link environments with others and with CoSWIDs (draft-ietf-rats-corim sections 5.1.10 and 5.1.11).
#include "rats/corim/read.h"

namespace credence::rats {

// [domain, [+ domain]]; a domain is an environment
Result<DomainTriple> read_domain_triple(cbor::Reader& reader, CorimReading& reading) {
  DomainTriple triple;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "a domain"));
  TRY(triple.domain, in("domain-id", read_environment(reader, reading)));
  CHECK(expect_item(reader, array, "its members or trustees"));
  CHECK(append_items(reader, reading, triple.others, read_environment));
  CHECK(expect_end(reader, array));
  return triple;
}

// [environment, [+ tag-id]]
Result<CoswidTriple> read_coswid_triple(cbor::Reader& reader, CorimReading& reading) {
  CoswidTriple triple;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "an environment"));
  TRY(triple.environment, in("environment", read_environment(reader, reading)));
  CHECK(expect_item(reader, array, "tag-ids of CoSWIDs"));
  CHECK(in("tag-ids", append_items(reader, reading, triple.tags, read_tag_id)));
  CHECK(expect_end(reader, array));
  return triple;
}

}  // namespace credence::rats
