#include <algorithm>
#include <iterator>
#include <vector>

#include "rats/cmw/cmw.h"
#include "verifier/scheme/all_schemes.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

struct TakenType {
  std::string_view name;
  const Scheme* scheme;
};

// Made once: every appraisal asks. The first scheme that takes a type has it.
const std::vector<TakenType>& taken_types() {
  static const auto all = [] {
    std::vector<TakenType> types;
    for (const Scheme* scheme : schemes())
      for (const std::string_view type : scheme->media_types()) types.push_back({.name = type, .scheme = scheme});
    return types;
  }();
  return all;
}

}  // namespace

std::span<const Scheme* const> schemes() {
  static const auto all = all_schemes();
  return all;
}

const Scheme* find_scheme(std::string_view media_type) {
  const auto is_meant = [&](const TakenType& type) { return rats::same_media_type(media_type, type.name); };
  const auto found = std::ranges::find_if(taken_types(), is_meant);
  return found == taken_types().end() ? nullptr : found->scheme;
}

const Scheme* find_scheme_by_profile(std::string_view profile) {
  for (const Scheme* scheme : schemes())
    if (std::ranges::contains(scheme->profiles(), profile)) return scheme;
  return nullptr;
}

std::vector<std::string_view> corim_profiles() {
  std::vector<std::string_view> profiles;
  for (const Scheme* scheme : schemes()) std::ranges::copy(scheme->profiles(), std::back_inserter(profiles));
  return profiles;
}

}  // namespace credence::verifier
