// The evidence of a request: its body as it is, or what a CMW around it holds (draft-ietf-rats-msg-wrap).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::service {

struct EvidenceBody {
  std::string media_type;  // spelled as in `supported`
  Bytes octets;
};

// Errc::unsupported when no scheme takes the type, with Veraison's words for it.
[[nodiscard]] Result<EvidenceBody> evidence_from_body(std::string_view content_type, Bytes body,
                                                      const std::vector<std::string>& supported);

}  // namespace credence::service
