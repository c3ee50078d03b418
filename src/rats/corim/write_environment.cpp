#include "rats/corim/corim_tags.h"
#include "rats/corim/write.h"

namespace credence::rats {
namespace {

// The integer class-id is gone in revision 10.
Result<void> check_class_id(const Environment& environment) {
  if (environment.class_map && environment.class_map->id && environment.class_map->id->tag == kTagOldIntegerClassId) {
    return fail_in(Errc::invalid_value, "environment.class.class-id", "tag 551 has no form in revision 10");
  }
  return {};
}

}  // namespace

void write_class(cbor::Writer& writer, const Class& written) {
  writer.map(count_of(written.id.has_value(), written.vendor.has_value(), written.model.has_value(),
                      written.layer.has_value(), written.index.has_value()));
  if (written.id) write_tagged(writer.unsigned_integer(0), *written.id);
  if (written.vendor) writer.unsigned_integer(1).text(*written.vendor);
  if (written.model) writer.unsigned_integer(2).text(*written.model);
  if (written.layer) writer.unsigned_integer(3).unsigned_integer(*written.layer);
  if (written.index) writer.unsigned_integer(4).unsigned_integer(*written.index);
}

Result<void> write_environment(cbor::Writer& writer, const Environment& environment) {
  if (environment == Environment{}) {
    return fail_in(Errc::missing_member, "environment", "expected a class, an instance or a group");
  }
  if (environment.class_map == Class{}) {
    return fail_in(Errc::missing_member, "environment.class", "expected at least one member");
  }
  CHECK(check_class_id(environment));
  writer.map(
      count_of(environment.class_map.has_value(), environment.instance.has_value(), environment.group.has_value()));
  if (environment.class_map) write_class(writer.unsigned_integer(0), *environment.class_map);
  if (environment.instance) write_tagged(writer.unsigned_integer(1), *environment.instance);
  if (environment.group) write_tagged(writer.unsigned_integer(2), *environment.group);
  return {};
}

}  // namespace credence::rats
