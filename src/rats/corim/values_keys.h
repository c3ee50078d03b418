// Keys of the measurement-values-map and the tags in it.
#pragma once

#include <cstdint>

namespace credence::rats {

inline constexpr std::int64_t kVersion = 0;
inline constexpr std::int64_t kSvn = 1;
inline constexpr std::int64_t kDigests = 2;
inline constexpr std::int64_t kFlags = 3;
inline constexpr std::int64_t kRawValue = 4;
inline constexpr std::int64_t kRawValueMask = 5;
inline constexpr std::int64_t kMacAddress = 6;
inline constexpr std::int64_t kIpAddress = 7;
inline constexpr std::int64_t kSerialNumber = 8;
inline constexpr std::int64_t kUeid = 9;
inline constexpr std::int64_t kUuid = 10;
inline constexpr std::int64_t kName = 11;
inline constexpr std::int64_t kCryptoKeys = 13;
inline constexpr std::int64_t kIntegrityRegisters = 14;
inline constexpr std::int64_t kIntRange = 15;

inline constexpr std::uint64_t kTagSvn = 552;
inline constexpr std::uint64_t kTagMinimumSvn = 553;
inline constexpr std::uint64_t kTagIntRange = 564;

}  // namespace credence::rats
