#include "verifier/profile/profile.h"

#include <format>
#include <string>
#include <utility>

namespace credence::verifier {
namespace {

constexpr std::size_t kMaxKid = 64;

std::string text_of(const rats::TagId& id) {
  if (const auto* text = std::get_if<std::string>(&id)) return *text;
  return std::get<rats::Uuid>(id).text();
}

using ReadComid = Result<void> (*)(const rats::Comid&, Content&);

Result<ReadComid> reader_of(const rats::Corim& corim) {
  if (corim.profile == kParsecTpmProfile) return read_parsec_tpm;
  if (corim.profile == kCredenceTpmKeyProfile) return read_tpm_key;
  return fail(Errc::unsupported, std::format("profile: expected {} or {}, got {}", kParsecTpmProfile,
                                             kCredenceTpmKeyProfile, corim.profile.value_or("none")));
}

}  // namespace

Result<Content> read_by_profile(const rats::Corim& corim) {
  TRY(const ReadComid read, reader_of(corim));
  if (!corim.other_tags.empty())
    return fail(Errc::unsupported, "the CoRIM carries CoSWID or CoTS tags, which this profile has no place for");
  Content content{
      .source = text_of(corim.id), .validity = corim.validity, .keys = {}, .records = {}, .reference_values = {}};
  for (const rats::Comid& comid : corim.comids) CHECK(read(comid, content));
  if (content.keys.empty() && content.records.empty() && content.reference_values.empty())
    return fail(Errc::missing_member, "the CoRIM says nothing: no triple that this profile knows");
  return content;
}

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
