#include "rats/corim/corim_tags.h"
#include "rats/corim/tag_content.h"
#include "rats/corim/write.h"
#include "rats/numeric_date.h"

namespace credence::rats {

void write_tagged(cbor::Writer& writer, const TaggedBytes& tagged) {
  writer.tag(tagged.tag);
  switch (content_of(tagged.tag)) {
    case TagContent::octets:
      writer.bytes(tagged.value);
      break;
    case TagContent::text:
      writer.text(as_text(tagged.value));
      break;
    case TagContent::item:
      writer.raw_item(tagged.value);
      break;
  }
}

Result<void> write_crypto_key(cbor::Writer& writer, const CryptoKey& key) {
  if (key.value.empty()) return fail_in(Errc::invalid_value, "key", "expected a key, got no octets");
  write_tagged(writer, {.tag = key.tag, .value = key.value});
  return {};
}

void write_tag_id(cbor::Writer& writer, const TagId& id) {
  if (const auto* uuid = std::get_if<Uuid>(&id)) {
    writer.bytes(uuid->octets);
  } else {
    writer.text(std::get<std::string>(id));
  }
}

void write_uri(cbor::Writer& writer, std::string_view uri) { writer.tag(kTagUri).text(uri); }

Result<void> write_entity(cbor::Writer& writer, const Entity& entity) {
  if (entity.roles.empty()) return fail_in(Errc::missing_member, "entity.roles", "expected at least one role");
  writer.map(2 + count_of(entity.regid.has_value()));
  writer.unsigned_integer(0).text(entity.name);
  if (entity.regid) write_uri(writer.unsigned_integer(1), *entity.regid);
  writer.unsigned_integer(2).array(entity.roles.size());
  for (const std::int64_t role : entity.roles) writer.integer(role);
  return {};
}

void write_validity(cbor::Writer& writer, const Validity& validity) {
  writer.map(1 + count_of(validity.not_before.has_value()));
  if (validity.not_before) writer.unsigned_integer(0).tag(kTagTime).integer(to_numeric_date(*validity.not_before));
  writer.unsigned_integer(1).tag(kTagTime).integer(to_numeric_date(validity.not_after));
}

}  // namespace credence::rats
