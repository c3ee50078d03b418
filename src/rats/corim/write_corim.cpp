#include "rats/corim/corim_tags.h"
#include "rats/corim/write.h"
#include "rats/oid.h"

namespace credence::rats {
namespace {

constexpr std::string_view kOidPrefix = "oid:";

Result<void> write_profile(cbor::Writer& writer, std::string_view profile) {
  if (!profile.starts_with(kOidPrefix)) {
    write_uri(writer, profile);
    return {};
  }
  Result<Bytes> oid = oid_from_text(profile.substr(kOidPrefix.size()));
  if (!oid) return within("profile", std::move(oid).error());
  writer.tag(kTagOid).bytes(*oid);
  return {};
}

Result<void> write_concise_tags(cbor::Writer& writer, const Corim& corim) {
  writer.array(corim.comids.size() + corim.other_tags.size());
  for (const Comid& comid : corim.comids) {
    cbor::Writer inside;
    CHECK(write_comid(inside, comid));
    writer.tag(kTagComid).bytes(inside.take());
  }
  for (const auto& [tag, content] : corim.other_tags) writer.tag(tag).bytes(content);
  return {};
}

// One URI or digest stands alone, as most readers know it.
Result<void> write_locator(cbor::Writer& writer, const Locator& locator) {
  if (locator.references.empty()) return fail_in(Errc::missing_member, "dependent-rims.href", "expected a URI");
  writer.map(1 + count_of(!locator.thumbprints.empty()));
  writer.unsigned_integer(0);
  if (locator.references.size() > 1) writer.array(locator.references.size());
  for (const std::string& reference : locator.references) write_uri(writer, reference);
  if (locator.thumbprints.empty()) return {};
  writer.unsigned_integer(1);
  if (locator.thumbprints.size() > 1) return write_items(writer, locator.thumbprints, write_digest);
  return write_digest(writer, locator.thumbprints.front());
}

}  // namespace

Result<Bytes> encode_corim(const Corim& corim) {
  if (corim.comids.empty() && corim.other_tags.empty()) {
    return fail_in(Errc::missing_member, "tags", "expected at least one CoMID or other tag in the CoRIM");
  }
  cbor::Writer writer;
  writer.tag(kTagCorim).map(2 + count_of(!corim.dependent_rims.empty(), corim.profile.has_value(),
                                         corim.validity.has_value(), !corim.entities.empty()));
  write_tag_id(writer.unsigned_integer(0), corim.id);
  CHECK(write_concise_tags(writer.unsigned_integer(1), corim));
  if (!corim.dependent_rims.empty()) {
    CHECK(write_items(writer.unsigned_integer(2), corim.dependent_rims, write_locator));
  }
  if (corim.profile) CHECK(write_profile(writer.unsigned_integer(3), *corim.profile));
  if (corim.validity) write_validity(writer.unsigned_integer(4), *corim.validity);
  if (!corim.entities.empty()) CHECK(write_items(writer.unsigned_integer(5), corim.entities, write_entity));
  return writer.take();
}

}  // namespace credence::rats
