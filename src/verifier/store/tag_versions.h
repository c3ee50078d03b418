// Which CoMIDs count (draft-ietf-rats-corim sections 5.1.1.2 and 5.1.3): of one tag-id the highest version that is
// active, and none that an active one replaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "verifier/store/content.h"
#include "verifier/store/deactivated.h"

namespace credence::verifier {

// Whoever may provision may replace what others have provisioned, as they may deactivate it: tenants keep those apart
// who do not trust each other. Not thread-safe.
class TagVersions {
 public:
  // Errc::stale when a higher version of one of its tags is there, or one that replaces it; Errc::conflict when the
  // same version, other than 0, says something else.
  [[nodiscard]] Result<void> check(const Content& content) const;

  // Deactivated::check() against each content that has one of its tags.
  [[nodiscard]] Result<void> check_deactivated(const Content& content, const Deactivated& off) const;

  // `number` is the caller's for this content, which must live until it is removed. True when other triples count than
  // before.
  bool add(std::uint32_t number, const Content& content);
  bool remove(std::uint32_t number, const Content& content);

  // The tags in other contents that are replaced by tags of these alone: they would count again, unless a higher
  // version is there, when these were removed.
  struct Numbered {
    std::uint32_t number = 0;
    const Content* content = nullptr;
  };
  [[nodiscard]] std::vector<std::pair<const Content*, const Content::Tag*>> replaced_by(
      std::span<const Numbered> contents) const;

  // Of the triple at this offset of a content that was added: its CoMID does not count.
  [[nodiscard]] bool is_superseded(std::uint32_t number, const Content& content, std::size_t offset) const;
  [[nodiscard]] bool is_any_superseded(std::uint32_t number) const;

  // The contents with this tag in its highest version, as they were added; none while one replaces it.
  [[nodiscard]] std::vector<std::uint32_t> newest(std::string_view profile, std::string_view tag) const;

 private:
  struct Version {
    std::uint32_t number = 0;  // of the content
    std::uint32_t tag = 0;     // in the content
    const Content* content = nullptr;

    [[nodiscard]] const Content::Tag& get() const { return content->tags()[tag]; }
  };
  struct Known {
    std::vector<Version> versions;
    std::size_t replaced_by = 0;  // so many tags
  };
  static std::uint64_t highest_of(const Known& known);
  static Result<void> check(const Known& known, const Content& content, const Content::Tag& tag);
  bool judge(const Known& known);
  bool count_replaced(const Content& content, const Content::Tag& tag, bool added);

  std::unordered_map<std::string, Known> known_;                  // by profile and tag-id
  std::set<std::pair<std::uint32_t, std::uint32_t>> superseded_;  // content, tag
};

}  // namespace credence::verifier
