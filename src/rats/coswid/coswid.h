// CoSWID (RFC 9393): a software identification tag, as far as reference values need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/comid.h"
#include "rats/corim/measurement.h"

namespace credence::rats {

struct CoswidEntity {
  std::string name;
  std::optional<std::string> regid;
  std::vector<std::int64_t> roles;  // 1 tag-creator, 2 software-creator, ...
};

// A file of the payload (what belongs to the software) or of the evidence (what was found).
struct CoswidFile {
  std::string path;  // its directories and its name with "/" between; starts with root or location where they are given
  std::optional<std::uint64_t> size;
  std::optional<std::string> version;
  std::optional<CorimDigest> digest;
};

struct Coswid {
  TagId id;
  std::int64_t tag_version = 0;
  std::string software_name;
  std::optional<std::string> software_version;
  std::vector<CoswidEntity> entities;  // at least one
  std::vector<CoswidFile> payload;
  std::vector<CoswidFile> evidence;
};

struct CoswidLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 32;  // a directory takes two levels, one of several takes three
  std::size_t items = 1 << 16;
  std::size_t files = 4'096;
};

// The map, tagged 505 or bare as a CoRIM carries it. Members that are not known are skipped.
[[nodiscard]] Result<Coswid> decode_coswid(ByteView input, const CoswidLimits& limits = {});

}  // namespace credence::rats
