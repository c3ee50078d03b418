// environment-map (draft-ietf-rats-corim section 5.1.4.1): what a statement is about.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "rats/corim/tagged.h"

namespace credence::rats {

// At least one member.
struct Class {
  std::optional<TaggedBytes> id;
  std::optional<std::string> vendor;
  std::optional<std::string> model;
  std::optional<std::uint64_t> layer;
  std::optional<std::uint64_t> index;
  friend auto operator<=>(const Class&, const Class&) = default;
};

struct Environment {  // at least one member
  std::optional<Class> class_map;
  std::optional<TaggedBytes> instance;
  std::optional<TaggedBytes> group;
  friend auto operator<=>(const Environment&, const Environment&) = default;
};

}  // namespace credence::rats
