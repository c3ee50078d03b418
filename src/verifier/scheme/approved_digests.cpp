#include "verifier/scheme/approved_digests.h"

#include <format>
#include <functional>
#include <ranges>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "rats/corim/match/match.h"
#include "verifier/scheme/nearest.h"

namespace credence::verifier {
namespace {

std::string algorithm_of(const rats::CorimDigest& digest) {
  if (const auto hash = rats::hash_of(digest)) return std::string(crypto::name(*hash));
  if (const auto* name = std::get_if<std::string>(&digest.algorithm)) return *name;
  return std::format("algorithm {}", std::get<std::int64_t>(digest.algorithm));
}

std::size_t hash_of_octets(ByteView value) noexcept { return std::hash<std::string_view>()(as_text(value)); }

}  // namespace

ApprovedDigests approve(std::vector<rats::CorimDigest> digests) {
  const bool ambiguous = rats::match::is_ambiguous(digests);
  return {.all = std::move(digests), .ambiguous = ambiguous};
}

std::string text_of(const ApprovedDigests& approved) {
  std::string text;
  for (const rats::CorimDigest& digest : approved.all | std::views::take(kMostNamed))
    text += std::format("{}{} {}", text.empty() ? "" : " and ", algorithm_of(digest), to_hex(digest.value));
  if (approved.all.size() > kMostNamed) text += std::format(" and {} more", approved.all.size() - kMostNamed);
  return text + (approved.ambiguous ? " (one algorithm twice: nothing matches)" : "");
}

void DigestIndex::add(const ApprovedDigests& digests, std::size_t position) {
  for (const rats::CorimDigest& digest : digests.all)
    entries_.push_back({.hash = hash_of_octets(digest.value), .position = position});
}

void DigestIndex::sort() {
  std::ranges::sort(entries_);
  const auto again = std::ranges::unique(entries_);
  entries_.erase(again.begin(), again.end());
  entries_.shrink_to_fit();
}

std::span<const DigestIndex::Entry> DigestIndex::find(ByteView value) const noexcept {
  const auto found = std::ranges::equal_range(entries_, hash_of_octets(value), {}, &Entry::hash);
  return {found.begin(), found.end()};
}

}  // namespace credence::verifier
