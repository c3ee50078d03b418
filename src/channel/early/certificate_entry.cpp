#include "channel/early/certificate_entry.h"

#include "base/weak.h"
#include "channel/early/extension.h"

namespace credence::channel::early {

Result<Bytes> take_certificate_entry(const CertificateEntry& entry) {
  // protocol.md section 3: nothing counts that was not asked for. Its maker would choose what is appraised.
  if (!entry.solicited) {
    return fail(Errc::unsolicited, "the peer's Certificate carries evidence, but no scheme was chosen for it");
  }
  // The same section: in another entry the evidence would speak of a certificate whose key proves nothing here.
  if ((entry.entry != 0 || entry.already_taken) && !weak::removed(weak::Check::misplaced)) {
    return fail(Errc::misplaced,
                "expected evidence in the first CertificateEntry, got it in entry " + std::to_string(entry.entry + 1));
  }
  TRY(const ByteView cmw, decode_certificate(entry.data));
  return to_bytes(cmw);
}

}  // namespace credence::channel::early
