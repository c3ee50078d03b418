#include <algorithm>

#include "rats/cmw/cmw.h"
#include "verifier/scheme/parsec_tpm/scheme.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {

std::vector<const Scheme*> schemes() { return {&parsec_tpm_scheme()}; }

const Scheme* find_scheme(std::string_view media_type) {
  for (const Scheme* scheme : schemes())
    for (const std::string_view known : scheme->media_types())
      if (rats::same_media_type(media_type, known)) return scheme;
  return nullptr;
}

}  // namespace credence::verifier
