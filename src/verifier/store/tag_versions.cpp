#include "verifier/store/tag_versions.h"

#include <algorithm>
#include <format>
#include <map>
#include <string_view>

#include "base/weak.h"

namespace credence::verifier {
namespace {

std::string key_of(std::string_view profile, std::string_view tag) { return std::format("{}\n{}", profile, tag); }
std::string key_of(const Origin& origin, std::string_view tag) { return key_of(origin.profile, tag); }

// What is not the same under one version is a mistake: of a value that was corrected, the wrong one would go on
// affirming beside the right one. Version 0 is what tools write when nobody chose one, and their templates give
// different CoMIDs one tag-id: those add up, as they do in Veraison.
Result<void> check_same(const Content& known, const Content::Tag& before, const Content& content,
                        const Content::Tag& tag) {
  const bool chosen = tag.version > 0;
  if (!chosen || before.version != tag.version || equal(known.octets(before), content.octets(tag))) return {};
  return fail(
      Errc::conflict,
      std::format("tag {}: version {} is there with other content, in the CoRIM \"{}\": raise its tag-version to "
                  "replace it, or give what is added to it a tag-id of its own",
                  tag.id, tag.version, known.origin().source));
}

}  // namespace

// The signature of an old CoRIM stays good: without this whoever has kept it brings back the reference values of a
// vulnerable release (A22).
Result<void> TagVersions::check(const Content& content) const {
  if (weak::removed(weak::Check::tag_version)) return {};
  std::map<std::pair<std::string_view, std::uint64_t>, const Content::Tag*> own;
  for (const Content::Tag& tag : content.tags()) {
    const auto [before, first] = own.try_emplace({tag.id, tag.version}, &tag);
    if (!first) CHECK(check_same(content, *before->second, content, tag));
    const auto known = known_.find(key_of(content.origin(), tag.id));
    if (known != known_.end()) CHECK(check(known->second, content, tag));
  }
  return {};
}

Result<void> TagVersions::check(const Known& known, const Content& content, const Content::Tag& tag) {
  if (known.replaced_by > 0)
    return fail(Errc::stale, std::format("tag {}: one that replaces it (linked-tags) is active: deactivate the CoRIM "
                                         "of that one first, if this is meant, and then activate this CoMID where "
                                         "it is there already",
                                         tag.id));
  const std::uint64_t highest = highest_of(known);
  if (highest > tag.version)
    return fail(Errc::stale, std::format("tag {}: version {} is active, this is version {}: deactivate the newer one "
                                         "first, if the older is meant",
                                         tag.id, highest, tag.version));
  for (const Version& version : known.versions) CHECK(check_same(*version.content, version.get(), content, tag));
  return {};
}

Result<void> TagVersions::check_deactivated(const Content& content, const Deactivated& off) const {
  if (off.empty()) return {};
  std::map<std::uint32_t, const Content*> others;  // the oldest is named first
  for (const Content::Tag& tag : content.tags()) {
    const auto known = known_.find(key_of(content.origin(), tag.id));
    if (known == known_.end()) continue;
    for (const Version& version : known->second.versions)
      if (off.count(version.content->origin().id) > 0) others.emplace(version.number, version.content);
  }
  for (const auto& [number, other] : others) CHECK(off.check(content, *other));
  return {};
}

std::uint64_t TagVersions::highest_of(const Known& known) {
  std::uint64_t highest = 0;
  for (const Version& version : known.versions) highest = std::max(highest, version.get().version);
  return highest;
}

bool TagVersions::add(std::uint32_t number, const Content& content) {
  bool changed = false;
  for (std::uint32_t index = 0; index < content.tags().size(); ++index) {
    const Content::Tag& tag = content.tags()[index];
    Known& known = known_[key_of(content.origin(), tag.id)];
    known.versions.push_back({.number = number, .tag = index, .content = &content});
    if ((known.versions.size() > 1 || known.replaced_by > 0) && judge(known)) changed = true;
    if (count_replaced(content, tag, true)) changed = true;
  }
  return changed;
}

bool TagVersions::remove(std::uint32_t number, const Content& content) {
  bool changed = false;
  for (std::uint32_t index = 0; index < content.tags().size(); ++index) {
    const Content::Tag& tag = content.tags()[index];
    superseded_.erase({number, index});
    if (count_replaced(content, tag, false)) changed = true;
    const auto known = known_.find(key_of(content.origin(), tag.id));
    if (known == known_.end()) continue;
    std::erase_if(known->second.versions, [number](const Version& version) { return version.number == number; });
    if (!known->second.versions.empty()) {
      if (judge(known->second)) changed = true;
    } else if (known->second.replaced_by == 0) {
      known_.erase(known);
    }
  }
  return changed;
}

// The tags that this one replaces. True when that changes what counts.
bool TagVersions::count_replaced(const Content& content, const Content::Tag& tag, bool added) {
  bool changed = false;
  for (const std::string& id : tag.replaces) {
    const std::string key = key_of(content.origin(), id);
    Known& known = known_[key];
    known.replaced_by = added ? known.replaced_by + 1 : known.replaced_by - 1;
    if (judge(known)) changed = true;
    if (known.versions.empty() && known.replaced_by == 0) known_.erase(key);
  }
  return changed;
}

std::vector<std::pair<const Content*, const Content::Tag*>> TagVersions::replaced_by(
    std::span<const Numbered> contents) const {
  std::map<std::string, std::size_t> fewer;
  std::set<std::uint32_t> numbers;
  for (const auto& [number, content] : contents) {
    numbers.insert(number);
    for (const Content::Tag& tag : content->tags())
      for (const std::string& id : tag.replaces) ++fewer[key_of(content->origin(), id)];
  }
  std::vector<std::pair<const Content*, const Content::Tag*>> replaced;
  for (const auto& [key, count] : fewer) {
    const auto known = known_.find(key);
    if (known == known_.end() || known->second.replaced_by > count) continue;
    for (const Version& version : known->second.versions)
      if (!numbers.contains(version.number)) replaced.emplace_back(version.content, &version.get());
  }
  return replaced;
}

// True when it changes what is superseded.
bool TagVersions::judge(const Known& known) {
  const std::uint64_t highest = highest_of(known);
  bool changed = false;
  for (const Version& version : known.versions) {
    const std::pair place{version.number, version.tag};
    const bool counts = known.replaced_by == 0 && version.get().version == highest;
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

bool TagVersions::is_any_superseded(std::uint32_t number) const {
  const auto place = superseded_.lower_bound({number, 0});
  return place != superseded_.end() && place->first == number && !weak::removed(weak::Check::tag_version);
}

std::vector<std::uint32_t> TagVersions::newest(std::string_view profile, std::string_view tag) const {
  std::vector<std::uint32_t> numbers;
  const auto known = known_.find(key_of(profile, tag));
  if (known == known_.end() || known->second.replaced_by > 0) return numbers;
  const std::uint64_t highest = highest_of(known->second);
  for (const Version& version : known->second.versions)
    if (version.get().version == highest) numbers.push_back(version.number);
  return numbers;
}

}  // namespace credence::verifier
