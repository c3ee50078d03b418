#include "service/verifier/corim_warning.h"

#include <cstddef>
#include <format>

#include "rats/corim/describe.h"
#include "rats/corim/match/match.h"

namespace credence::service {

std::string warning_about(const rats::Corim& corim) {
  std::size_t count = 0;
  std::string first;
  for (const rats::Comid& comid : corim.comids)
    for (std::size_t triple = 0; triple < comid.reference_values.size(); ++triple)
      for (const rats::Measurement& measurement : comid.reference_values[triple].measurements)
        if (rats::match::is_ambiguous(measurement.values.digests) && ++count == 1)
          first = std::format("CoMID {}, reference-triples[{}]", rats::text_of(comid.id), triple);
  if (count == 0) return {};
  return std::format(
      "{} of its measurements match nothing, since an algorithm stands twice among the digests of one, or "
      "more than 64 digests: the first is in {}. Give each value a reference triple of its own",
      count, first);
}

}  // namespace credence::service
