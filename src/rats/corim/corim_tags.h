// The CBOR tags of whole documents and of their parts.
#pragma once

#include <cstdint>

namespace credence::rats {

inline constexpr std::uint64_t kTagUri = 32;
inline constexpr std::uint64_t kTagTime = 1;
inline constexpr std::uint64_t kTagCoseSign1 = 18;
inline constexpr std::uint64_t kTagOldCorim = 500;  // around 501 or 502 in early drafts
inline constexpr std::uint64_t kTagCorim = 501;
inline constexpr std::uint64_t kTagOldSignedCorim = 502;  // around 18 in early drafts
inline constexpr std::uint64_t kTagCoswid = 505;
inline constexpr std::uint64_t kTagComid = 506;

inline constexpr std::uint64_t kTagOldIntegerClassId = 551;
inline constexpr std::uint64_t kTagOldPsaImplementationId = 600;  // 560 since

}  // namespace credence::rats
