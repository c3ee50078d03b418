#include "verifier/scheme/arm_cca/questions.h"

#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_platform/questions.h"

namespace credence::verifier::cca {

Questions questions(Topic topic, ByteView key, std::span<const std::string_view> platform_profiles,
                    std::span<const std::string_view> realm_profiles) {
  if (topic == Topic::trust_anchor) return arm::ask_for_key(platform_profiles, key);
  if (as_text(key).starts_with(kPlatformPrefix))
    return arm::ask_for_values(platform_profiles, key.subspan(kPlatformPrefix.size()));
  return arm::ask_for_values(realm_profiles, key.subspan(kRealmPrefix.size()));
}

}  // namespace credence::verifier::cca
