#include <algorithm>
#include <iterator>

#include "rats/cmw/cmw.h"
#include "verifier/scheme/all_schemes.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {

std::span<const Scheme* const> schemes() {
  static const auto all = all_schemes();
  return all;
}

const Scheme* find_scheme(std::string_view media_type) {
  for (const Scheme* scheme : schemes())
    for (const std::string_view known : scheme->media_types())
      if (rats::same_media_type(media_type, known)) return scheme;
  return nullptr;
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
