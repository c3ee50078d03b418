// Rules of draft-ietf-rats-msg-wrap that hold in both serializations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/cmw/cmw.h"

namespace credence::rats {

inline constexpr std::string_view kCollectionTypeLabel = "__cmwc_t";

// Section 3.2, the range of tag numbers and of the content formats that they stand for.
inline constexpr std::uint64_t kFirstCmwTag = 1'668'546'817;  // 0x63740101
inline constexpr std::uint64_t kLastCmwTag = 1'668'612'095;   // 0x6374ffff
inline constexpr std::uint16_t kLastTagContentFormat = 65'024;

[[nodiscard]] Result<std::uint16_t> content_format_of_tag(std::uint64_t tag);
[[nodiscard]] std::uint64_t tag_of_content_format(std::uint16_t content_format) noexcept;

[[nodiscard]] Result<std::string> check_media_type(std::string_view text);
[[nodiscard]] Result<std::uint32_t> check_indicator(std::uint64_t value);
[[nodiscard]] Result<std::string> check_collection_type(std::string_view text);
// Refuses a label that the collection has already, and one entry more than the limit.
[[nodiscard]] Result<void> check_new_entry(const CmwCollection& collection, const CmwLabel& label,
                                           const CmwLimits& limits);
[[nodiscard]] Result<void> check_not_empty(const CmwCollection& collection);
[[nodiscard]] Result<void> check_depth(std::size_t depth, const CmwLimits& limits);

// As the path of an error shows it.
[[nodiscard]] std::string text_of(const CmwLabel& label);

// The two serializations; decode_cmw() chooses.
[[nodiscard]] Result<Cmw> decode_cmw_cbor(ByteView input, const CmwLimits& limits);
[[nodiscard]] Result<Cmw> decode_cmw_json(std::string_view input, const CmwLimits& limits);

}  // namespace credence::rats
