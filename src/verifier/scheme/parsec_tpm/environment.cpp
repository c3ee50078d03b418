#include <format>

#include "verifier/scheme/parsec_tpm/triples.h"

namespace credence::verifier {
namespace {

constexpr std::size_t kMaxKid = 64;

}  // namespace

Result<rats::TaggedBytes> class_of(const rats::Environment& environment) {
  if (environment.group) return fail(Errc::invalid_value, "environment: a group is not allowed");
  if (!environment.class_map) return fail(Errc::missing_member, "environment: class is missing");
  const auto& id = environment.class_map->id;
  if (!id) return fail(Errc::missing_member, "environment.class: id is missing");
  if (id->tag != rats::kTagUuid)
    return fail(Errc::unexpected_type,
                std::format("environment.class.id: expected a UUID (tag 37), got tag {}", id->tag));
  return *id;
}

Result<Kid> instance_of(const rats::Environment& environment) {
  const auto& instance = environment.instance;
  if (!instance) return fail(Errc::missing_member, "environment: instance is missing: it is the kid of the key");
  // The proof of concept used ueid (550); Veraison now demands bytes, and so do we.
  if (instance->tag != rats::kTagBytes)
    return fail(Errc::unexpected_type,
                std::format("environment.instance: expected bytes (tag 560), got tag {}", instance->tag));
  if (instance->value.empty() || instance->value.size() > kMaxKid)
    return fail(Errc::invalid_value,
                std::format("environment.instance: expected 1 to {} octets, got {}", kMaxKid, instance->value.size()));
  return Kid(instance->value);
}

}  // namespace credence::verifier
