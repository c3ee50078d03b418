#include "verifier/store/deactivated.h"

#include <algorithm>
#include <format>
#include <map>

#include "base/text.h"
#include "crypto/hash.h"

namespace credence::verifier {
namespace {

constexpr std::size_t kMostTag = 256;  // databases bound what they index
constexpr std::string_view kComid = "comid/", kStatement = "statement/";

}  // namespace

Result<std::string> comid_deactivation(std::string_view corim, std::string_view tag) {
  if (tag.size() <= kMostTag) return std::format("{}/{}{}", corim, kComid, tag);
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(tag)));
  return std::format("{}/{}sha-256:{}", corim, kComid, to_hex(digest.view()));
}

Result<std::string> statement_deactivation(std::string_view corim, const Content::Entry& entry) {
  TRY(crypto::Hasher hasher, crypto::Hasher::start(crypto::HashAlgorithm::sha256));
  const std::uint8_t kind = std::to_underlying(entry.kind);
  CHECK(hasher.update({&kind, 1}));
  CHECK(hasher.update(entry.triple));
  TRY(const crypto::Digest digest, hasher.current());
  return std::format("{}/{}{}", corim, kStatement, to_hex(digest.view()));
}

std::string_view corim_of_deactivation(std::string_view document) noexcept {
  return document.substr(0, document.find('/'));
}

void Deactivated::add(std::string_view document) {
  documents_[std::string(corim_of_deactivation(document))].emplace(document);
}

void Deactivated::remove(std::string_view document) {
  const auto found = documents_.find(std::string(corim_of_deactivation(document)));
  if (found == documents_.end()) return;
  if (const auto one = found->second.find(document); one != found->second.end()) found->second.erase(one);
  if (found->second.empty()) documents_.erase(found);
}

Deactivated::Parts Deactivated::of(const Content& content) const {
  Parts parts;
  const auto found = documents_.find(content.origin().id);
  if (found == documents_.end()) return parts;
  std::set<std::string, std::less<>> unmatched = found->second;
  for (const Content::Tag& tag : content.tags()) {
    const auto id = comid_deactivation(content.origin().id, tag.id);
    if (!id) parts.all = true;
    if (!id || !found->second.contains(*id)) continue;
    parts.tags.emplace_back(tag.begin, tag.end);
    unmatched.erase(*id);
  }
  if (unmatched.empty()) return parts;
  content.for_each([&](const Content::Entry& entry) {
    const auto id = statement_deactivation(content.origin().id, entry);
    if (!id) parts.all = true;
    if (!id || !found->second.contains(*id)) return;
    parts.offsets.insert(static_cast<std::uint32_t>(entry.offset));
    unmatched.erase(*id);
  });
  parts.all = parts.all || !unmatched.empty();
  return parts;
}

Result<bool> Deactivated::is_off(const std::string& corim, std::string_view comid) const {
  const auto found = documents_.find(corim);
  if (found == documents_.end()) return false;
  TRY(const std::string id, comid_deactivation(corim, comid));
  return found->second.contains(id);
}

Result<bool> Deactivated::has_comid_of(const std::string& corim, const Content& content) const {
  if (!documents_.contains(corim)) return false;
  for (const Content::Tag& tag : content.tags()) {
    TRY(const bool off, is_off(corim, tag.id));
    if (off) return true;
  }
  return false;
}

// Of the same CoMID with other content nothing is said here: of one version that is a conflict anyway, and what a
// higher one corrects must be able to come.
Result<void> Deactivated::check(const Content& content, const Content& known) const {
  if (content.origin().profile != known.origin().profile) return {};
  std::multimap<std::string_view, const Content::Tag*> tags;
  for (const Content::Tag& tag : content.tags()) tags.emplace(tag.id, &tag);
  for (const Content::Tag& before : known.tags()) {
    if (before.begin == before.end) continue;
    TRY(const bool off, is_off(known.origin().id, before.id));
    if (!off) continue;
    TRY(const bool off_here_too, is_off(content.origin().id, before.id));
    if (off_here_too) continue;
    const auto [first, last] = tags.equal_range(before.id);
    for (auto tag = first; tag != last; ++tag)
      if (equal(content.octets(*tag->second), known.octets(before)))
        return fail(Errc::conflict, std::format("CoMID {} is there already and was deactivated, in the CoRIM \"{}\": "
                                                "activate the CoMID, if it is to count again",
                                                before.id, known.origin().source));
  }
  return {};
}

std::size_t Deactivated::count(const std::string& corim) const {
  const auto found = documents_.find(corim);
  return found == documents_.end() ? 0 : found->second.size();
}

bool Deactivated::Parts::contains(std::size_t offset) const {
  return all || offsets.contains(static_cast<std::uint32_t>(offset)) ||
         std::ranges::any_of(tags, [&](const auto& tag) { return offset >= tag.first && offset < tag.second; });
}

}  // namespace credence::verifier
