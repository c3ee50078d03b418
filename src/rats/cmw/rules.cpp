#include "rats/cmw/rules.h"

#include <algorithm>
#include <format>

#include "rats/media_type.h"
#include "rats/oid.h"

namespace credence::rats {
namespace {

// scheme ":" and something after it (RFC 3986 section 4.3), without spaces or controls.
bool looks_like_absolute_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto in_scheme = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  return is_letter(text[0]) && std::ranges::all_of(text.substr(0, colon), in_scheme) &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<std::uint16_t> content_format_of_tag(std::uint64_t tag) {
  if (tag < kFirstCmwTag || tag > kLastCmwTag) {
    return fail(Errc::invalid_value,
                std::format("expected a CMW tag ({} to {}), got tag {}", kFirstCmwTag, kLastCmwTag, tag));
  }
  // No content format maps to these. Taking them would give one message two tags, so that a filter on tag numbers
  // could be passed by.
  if ((tag & 0xffU) == 0) {
    return fail(Errc::invalid_value, std::format("tag {}: a CMW tag never has 0 as its last octet", tag));
  }
  const std::uint64_t distance = tag - kFirstCmwTag;
  return static_cast<std::uint16_t>(distance / 256 * 255 + distance % 256);
}

std::uint64_t tag_of_content_format(std::uint16_t content_format) noexcept {
  return kFirstCmwTag + std::uint64_t{content_format} / 255 * 256 + content_format % 255;
}

Result<std::string> check_media_type(std::string_view text) {
  if (!looks_like_media_type(text)) return fail(Errc::invalid_value, "expected a media type as the type of the record");
  return std::string(text);
}

Result<std::uint32_t> check_indicator(std::uint64_t value) {
  // Section 3.1: ind is left out when it says nothing.
  if (value == 0 || value > 0xffff'ffff) {
    return fail(Errc::invalid_value, std::format("expected 1 to 4294967295 as ind, got {}", value));
  }
  return static_cast<std::uint32_t>(value);
}

Result<std::string> check_collection_type(std::string_view text) {
  if (!looks_like_absolute_uri(text) && !oid_from_text(text)) {
    return fail_in(Errc::invalid_value, std::string(kCollectionTypeLabel), "expected an absolute URI or a dotted OID");
  }
  return std::string(text);
}

Result<void> check_new_entry(const CmwCollection& collection, const CmwLabel& label, const CmwLimits& limits) {
  if (collection.entries.size() >= limits.entries) {
    return fail(Errc::too_large, std::format("expected at most {} entries in a collection", limits.entries));
  }
  // Compared as values: 1 and its longer encoding are one label, and two readers that take different ones of the two
  // entries would appraise different evidence.
  if (std::ranges::contains(collection.entries, label, [](const auto& entry) { return entry.label; })) {
    return fail_in(Errc::duplicate_key, text_of(label), "the label occurs twice in the collection");
  }
  return {};
}

Result<void> check_not_empty(const CmwCollection& collection) {
  if (collection.entries.empty()) return fail(Errc::missing_member, "expected at least one CMW in the collection");
  return {};
}

Result<void> check_depth(std::size_t depth, const CmwLimits& limits) {
  // Section 9: collections nest without bound; each level costs stack and time.
  if (depth > limits.depth) {
    return fail(Errc::too_deep, std::format("expected collections nested at most {} deep", limits.depth));
  }
  return {};
}

std::string text_of(const CmwLabel& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return std::to_string(*number);
  return std::get<std::string>(label);
}

}  // namespace credence::rats
