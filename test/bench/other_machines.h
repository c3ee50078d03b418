// A CoRIM of machines that nobody asks about: what fills stores and decoders.
#pragma once

#include <string>

#include "crypto/random.h"
#include "evidence/tpm/endorsement.h"
#include "measure.h"
#include "rats/corim/corim.h"

namespace bench {

// A class of machines of its own for each triple, with the value of one PCR.
inline credence::rats::Corim other_machines(std::size_t number, std::size_t triples) {
  namespace rats = credence::rats;
  using credence::Bytes;
  const auto random = credence::crypto::system_random();
  rats::Comid comid;
  comid.id = std::string("comid");
  for (std::size_t i = 0; i < triples; ++i) {
    rats::ReferenceTriple triple;
    rats::TaggedBytes class_id{.tag = rats::kTagUuid, .value = Bytes(16)};
    rats::CorimDigest digest{.algorithm = std::int64_t{1}, .value = Bytes(32)};
    require(random->fill(class_id.value) && random->fill(digest.value), "random");
    triple.environment.class_map.emplace().id = std::move(class_id);
    rats::Measurement& measurement = triple.measurements.emplace_back();
    measurement.key = std::uint64_t{0};
    measurement.values.digests.push_back(std::move(digest));
    comid.reference_values.push_back(std::move(triple));
  }
  rats::Corim corim;
  corim.id = "bench-" + std::to_string(number);
  corim.profile = std::string(credence::evidence::tpm::kParsecTpmProfile);
  corim.comids.push_back(std::move(comid));
  return corim;
}

}  // namespace bench
