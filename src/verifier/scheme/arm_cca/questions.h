// What to ask a CoSERV service about a CCA platform and its realms.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "verifier/scheme/questions.h"

namespace credence::verifier::cca {

// Keys of reference values have the prefixes of profile.h.
[[nodiscard]] Questions questions(Topic topic, ByteView key, std::span<const std::string_view> platform_profiles,
                                  std::span<const std::string_view> realm_profiles);

}  // namespace credence::verifier::cca
