// The CoRIM of a provisioning request: its media type, its signature, its profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "rats/corim/corim.h"
#include "rats/corim/media_types.h"

namespace credence::service {

// application/rim+cbor or application/rim+cose, or their old names; without a profile the CoRIM's own counts.
// Errc::unsupported for another type, and for a profile that no scheme knows.
[[nodiscard]] Result<rats::CorimMediaType> supported_corim_type(std::string_view content_type);
// What supported_corim_type() takes, by the present names: for Accept and for discovery.
[[nodiscard]] std::vector<std::string> corim_media_types();

// The id that a body of this type gets when it is stored.
[[nodiscard]] Result<std::string> id_when_stored(const rats::CorimMediaType& type, ByteView body);

struct CorimBody {
  rats::Corim corim;
  Bytes octets;  // as they came: of a signed CoRIM with its signature
};
// Whose signatures count.
struct CorimSigners {
  std::vector<crypto::Certificate> anchors{};  // that their chains end at; none: no signed CoRIM is taken
  bool insecure_unsigned = false;              // unsigned ones are taken, on the word of whoever submits them
};
// Decodes; of a signed CoRIM checks chain and signature, against the anchors and nothing else. It must have a profile
// that a scheme knows, and the one of `type` if that names one. Errc::untrusted_chain for an unsigned one that was not
// asked for; Errc::expired when it is not valid at `now`, before its time too.
[[nodiscard]] Result<CorimBody> corim_from_body(const rats::CorimMediaType& type, ByteView body,
                                                const CorimSigners& signers, Timestamp now);

}  // namespace credence::service
