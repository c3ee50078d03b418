// The CoSWIDs of a CoRIM, as reference values: coswid-triples say of which environment they are
// (draft-ietf-rats-corim section 5.1.12).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rats/corim/corim.h"
#include "rats/coswid/coswid.h"

namespace credence::verifier {

class SoftwareTags {
 public:
  // Errc::unsupported for tags that are no CoSWID (CoTS), and for a CoSWID that no triple names or that tells of files
  // that were found somewhere: who submits it relies on its being looked at. Errc::missing_member for a file without a
  // digest or a payload without files, duplicate_key for two of one id, invalid_value for a negative version.
  [[nodiscard]] static Result<SoftwareTags> read(const rats::Corim& corim);

  // The same CoMID with a reference triple in place of each coswid-triple: the digests of the payload's files, each a
  // measurement without mkey. Whether it can compare such ones is for the profile to say. Errc::not_found for a tag
  // that is not in the CoRIM: cross references have to be resolved ("Tags Extraction and Validation"). Errc::too_large
  // when all that was resolved makes more than kMostFiles: a short CoRIM must not become a long store.
  [[nodiscard]] Result<rats::Comid> resolve(const rats::Comid& comid);

  [[nodiscard]] bool empty() const noexcept { return tags_.empty(); }
  // Id and version of each: an older one must not come back.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> versions() const;

  static constexpr std::size_t kMostFiles = 16'384;  // of one CoRIM

 private:
  struct Tag {
    std::uint64_t version = 0;
    std::vector<rats::Measurement> files;
  };
  std::map<rats::TagId, Tag> tags_;
  std::size_t resolved_ = 0;
};

}  // namespace credence::verifier
