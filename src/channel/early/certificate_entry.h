// The extension of one CertificateEntry, as both sides receive it.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::channel::early {

struct CertificateEntry {
  ByteView data;
  std::size_t entry = 0;  // place in certificate_list, 0 is the end entity
  bool solicited = false;
  bool already_taken = false;
};

// The CMW, when the extension stands where it may and was asked for: Errc::misplaced, Errc::unsolicited.
[[nodiscard]] Result<Bytes> take_certificate_entry(const CertificateEntry& entry);

}  // namespace credence::channel::early
