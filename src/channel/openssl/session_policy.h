// What protocol.md section 1 asks of the settings of an SSL_CTX.
#pragma once

#include <openssl/ssl.h>

#include "base/result.h"
#include "channel/peer.h"

namespace credence::channel {

[[nodiscard]] Result<void> lock_down(SSL_CTX* context, const Attachment& attachment);

}  // namespace credence::channel
