#include "verifier/store/tag_versions.h"

#include <algorithm>
#include <format>

#include "base/weak.h"

namespace credence::verifier {
namespace {

std::string key_of(const Origin& origin, const Content::Tag& tag) {
  return std::format("{}\n{}", origin.profile, tag.id);
}

}  // namespace

// The signature of an old CoRIM stays good: without this whoever has kept it brings back the reference values of a
// vulnerable release (A22).
Result<void> TagVersions::check(const Content& content) const {
  if (weak::removed(weak::Check::tag_version)) return {};
  for (const Content::Tag& tag : content.tags()) {
    const auto known = versions_.find(key_of(content.origin(), tag));
    if (known == versions_.end()) continue;
    const std::uint64_t highest = std::ranges::max(known->second, {}, &Version::version).version;
    if (highest > tag.version)
      return fail(Errc::stale, std::format("tag {}: version {} is active, this is version {}: deactivate the newer one "
                                           "first, if the older is meant",
                                           tag.id, highest, tag.version));
  }
  return {};
}

bool TagVersions::add(std::uint32_t number, const Content& content) {
  bool changed = false;
  for (std::uint32_t tag = 0; tag < content.tags().size(); ++tag) {
    auto& versions = versions_[key_of(content.origin(), content.tags()[tag])];
    versions.push_back({.number = number, .tag = tag, .version = content.tags()[tag].version});
    if (versions.size() > 1 && judge(versions)) changed = true;
  }
  return changed;
}

bool TagVersions::remove(std::uint32_t number, const Content& content) {
  bool changed = false;
  for (std::uint32_t tag = 0; tag < content.tags().size(); ++tag) {
    superseded_.erase({number, tag});
    const auto known = versions_.find(key_of(content.origin(), content.tags()[tag]));
    if (known == versions_.end()) continue;
    std::erase_if(known->second, [number](const Version& version) { return version.number == number; });
    if (known->second.empty()) {
      versions_.erase(known);
    } else if (judge(known->second)) {
      changed = true;
    }
  }
  return changed;
}

// True when it changes what is superseded.
bool TagVersions::judge(const std::vector<Version>& versions) {
  const std::uint64_t highest = std::ranges::max(versions, {}, &Version::version).version;
  bool changed = false;
  for (const Version& one : versions) {
    const std::pair place{one.number, one.tag};
    const bool counts = one.version == highest;
    if (counts ? superseded_.erase(place) > 0 : superseded_.insert(place).second) changed = true;
  }
  return changed;
}

bool TagVersions::is_superseded(std::uint32_t number, const Content& content, std::size_t offset) const {
  if (superseded_.empty() || weak::removed(weak::Check::tag_version)) return false;
  for (auto place = superseded_.lower_bound({number, 0}); place != superseded_.end() && place->first == number;
       ++place) {
    const Content::Tag& tag = content.tags()[place->second];
    if (offset >= tag.begin && offset < tag.end) return true;
  }
  return false;
}

}  // namespace credence::verifier
