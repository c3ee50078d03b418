// The CoSWIDs of a CoRIM, as reference values: coswid-triples say of which environment they are
// (draft-ietf-rats-corim section 5.1.12).
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "rats/corim/corim.h"
#include "rats/coswid/coswid.h"

namespace credence::verifier {

class SoftwareTags {
 public:
  // Errc::unsupported for tags that are no CoSWID (CoTS), and for a CoSWID that no triple names or that tells of files
  // that were found somewhere: who submits it relies on its being looked at. Errc::missing_member for a file without a
  // digest or a payload without files, duplicate_key for two of one id.
  [[nodiscard]] static Result<SoftwareTags> read(const rats::Corim& corim);

  // The same CoMID with a reference triple in place of each coswid-triple: the digests of the payload's files, each a
  // measurement without mkey. Whether it can compare such ones is for the profile to say. Errc::not_found for a tag
  // that is not in the CoRIM: cross references have to be resolved ("Tags Extraction and Validation").
  [[nodiscard]] Result<rats::Comid> resolve(const rats::Comid& comid) const;

 private:
  std::map<rats::TagId, std::vector<rats::Measurement>> files_;
};

}  // namespace credence::verifier
