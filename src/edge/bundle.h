// The offline bundle (docs/formats/bundle.md): CoSERV results as they were received, for a relying party without a
// network. The file itself is not signed: what counts in it is.
//
//   { 0 type, 1 service, 2 made, 3 until, 4 [+ [received, result]] }
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace credence::edge {

inline constexpr std::string_view kBundleType = "tag:credence.example,2026:coserv-bundle";

struct Bundle {
  struct Entry {
    Timestamp received{};  // by who made the bundle; whole seconds in the file
    Bytes octets;          // the signed result
  };
  std::string service;  // URL of the one that was asked
  Timestamp made{};
  Timestamp until{};  // when the first of the results expires (BundleAge)
  std::vector<Entry> results;
};

struct BundleLimits {
  std::size_t bytes = 64 << 20;
  std::size_t results = 4'096;
  std::size_t service = 2'048;  // octets of the URL
};

// In its one deterministic encoding, with all members and no others. The results are not looked into.
[[nodiscard]] Result<Bundle> decode_bundle(ByteView input, const BundleLimits& limits = {});
// Errc::too_large for more than decode_bundle() reads by default, missing_member without a result.
[[nodiscard]] Result<Bytes> encode_bundle(const Bundle& bundle);

}  // namespace credence::edge
