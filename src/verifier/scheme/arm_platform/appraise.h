// What a root of trust of Arm's says of itself, against what is endorsed of it: for PSA devices and CCA platforms
// alike.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "evidence/psa/claims.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/arm_platform/endorsed.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier::arm {

// AR4SI values that only the schemes of Arm's platforms give.
inline constexpr std::int8_t kUnsafeConfiguration = 32;
inline constexpr std::int8_t kContraindicated = 96;

// The key of this instance, if it is endorsed now. Errc::unknown_attester, expired: noted under `submodule`.
[[nodiscard]] Result<std::shared_ptr<const PlatformKey>> find_key(Endorsements& endorsements,
                                                                  const evidence::psa::Claims& claims,
                                                                  std::string_view submodule);
// Notes in the trace whether the endorsed key signed.
void note_signature(Endorsements& endorsements, const PlatformKey& key, const evidence::psa::Claims& claims,
                    std::string_view submodule, const Result<void>& outcome);

// Of an authentic token. Each sets its claims of the vector, notes what it compared, and adds the reason when a claim
// is not affirming.
void appraise_lifecycle(const evidence::psa::Claims& claims, Endorsements& endorsements,
                        Appraised::Submodule& submodule);
// `values` null: nothing is known of this implementation.
void appraise_components(const evidence::psa::Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                         Appraised::Submodule& submodule);
void appraise_config(const evidence::psa::Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                     Appraised::Submodule& submodule);

// For the trace: that no CoRIM has what would be compared.
void note_no_values(Endorsements& endorsements, std::string_view submodule, std::string_view claim,
                    std::string subject);

// A raw value under its mask, as the endorser states it and for people.
[[nodiscard]] bool matches(const rats::RawValue& approved, ByteView actual) noexcept;
[[nodiscard]] std::string text_of(const rats::RawValue& approved);

// The first reason gives the code, the texts stand one after the other.
void add_problem(Appraised::Submodule& submodule, Error reason);

}  // namespace credence::verifier::arm
