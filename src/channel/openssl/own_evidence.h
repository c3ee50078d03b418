// This side's own evidence, when its Certificate message is written.
#pragma once

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/early/scheme.h"
#include "channel/openssl/connection.h"

namespace credence::channel {

// The extension of the first CertificateEntry. Waits for the root of trust, up to the offer's deadline.
[[nodiscard]] Result<Bytes> own_evidence(const SSL* ssl, const Connection& connection, const X509* leaf,
                                         const early::Scheme& scheme);

}  // namespace credence::channel
