// CoSERV's discovery document (draft-ietf-rats-coserv section 6.1.2), as far as a client acts on it: where to ask, and
// what is served. The keys in it are not read: who answers there could name its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rats/coserv/coserv.h"

namespace credence::client {

inline constexpr std::string_view kCoservDiscoveryPath = "/.well-known/coserv-configuration";
inline constexpr std::string_view kCoservDiscoveryJson = "application/coserv-discovery+json";

struct CoservDiscovery {
  struct Capability {
    std::string media_type;  // essence
    std::string profile;
    std::vector<std::string> artifacts;  // "collected", "source", "rims"
  };
  std::string path;  // with {query} in it
  std::vector<Capability> capabilities;
};

// Errc::malformed, missing_member, unsupported (no path of the service itself).
[[nodiscard]] Result<CoservDiscovery> parse_coserv_discovery(std::string_view json);

// The path and query of the request for it. Errc::not_acceptable when the service does not serve such queries in the
// form of `media_type`.
[[nodiscard]] Result<std::string> path_for(const CoservDiscovery& discovery, const rats::CoservQuery& query,
                                           std::string_view media_type);

}  // namespace credence::client
