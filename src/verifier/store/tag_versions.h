// Which version of a CoMID counts (draft-ietf-rats-corim section 5.1.1.2): the highest one that is active.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "verifier/store/content.h"

namespace credence::verifier {

// Not thread-safe.
class TagVersions {
 public:
  // Errc::stale when a higher version of one of its tags is there.
  [[nodiscard]] Result<void> check(const Content& content) const;

  // `number` is the caller's for this content. True when other triples count than before.
  bool add(std::uint32_t number, const Content& content);
  bool remove(std::uint32_t number, const Content& content);

  // Of the triple at this offset of a content that was added: a higher version of its CoMID is there.
  [[nodiscard]] bool is_superseded(std::uint32_t number, const Content& content, std::size_t offset) const;

 private:
  struct Version {
    std::uint32_t number = 0;  // of the content
    std::uint32_t tag = 0;     // in the content
    std::uint64_t version = 0;
  };
  bool judge(const std::vector<Version>& versions);

  std::unordered_map<std::string, std::vector<Version>> versions_;  // by profile and tag-id
  std::set<std::pair<std::uint32_t, std::uint32_t>> superseded_;    // content, tag
};

}  // namespace credence::verifier
