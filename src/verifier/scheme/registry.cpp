#include <algorithm>
#include <array>
#include <iterator>

#include "rats/cmw/cmw.h"
#include "verifier/scheme/arm_cca/scheme.h"
#include "verifier/scheme/parsec_cca/scheme.h"
#include "verifier/scheme/parsec_tpm/scheme.h"
#include "verifier/scheme/psa_iot/scheme.h"
#include "verifier/scheme/riot/scheme.h"
#include "verifier/scheme/scheme.h"
#include "verifier/scheme/sevsnp/scheme.h"
#include "verifier/scheme/tpm_enacttrust/scheme.h"

namespace credence::verifier {

std::span<const Scheme* const> schemes() {
  static const std::array all = {
      &arm_cca_scheme(), &parsec_cca_scheme(), &parsec_tpm_scheme(),     &psa_iot_scheme(),
      &riot_scheme(),    &sevsnp_scheme(),     &tpm_enacttrust_scheme(),
  };
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
