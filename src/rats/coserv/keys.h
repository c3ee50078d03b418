// Keys of CoSERV's maps (draft-ietf-rats-coserv section 4).
#pragma once

#include <cstdint>

namespace credence::rats::coserv {

inline constexpr std::int64_t kProfile = 0, kQuery = 1, kResults = 2;
inline constexpr std::int64_t kArtifactType = 0, kEnvironmentSelector = 1, kResultType = 2, kRimSelector = 3;
inline constexpr std::int64_t kClasses = 0, kInstances = 1, kGroups = 2;
inline constexpr std::int64_t kReferenceValues = 0, kEndorsedValues = 1, kConditionalEndorsements = 2,
                              kAttestationKeys = 3, kTrustAnchorStores = 4, kRims = 5, kExpiry = 10,
                              kSourceArtifacts = 11;
// For private use: conditional-endorsement-series-triples have no number in revision 06. Who does not know it passes it
// over.
inline constexpr std::int64_t kConditionalSeries = -70'001;
inline constexpr std::int64_t kAuthorities = 1, kTriple = 2;
inline constexpr std::uint64_t kTagDate = 0;  // RFC 8949 section 3.4.1

}  // namespace credence::rats::coserv
