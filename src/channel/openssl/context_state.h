// What attach() leaves in an SSL_CTX.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "channel/peer.h"

namespace credence::channel {

using InfoCallback = void (*)(const SSL*, int, int);

struct ContextState {
  std::shared_ptr<const Attachment> attachment;
  InfoCallback application_info = nullptr;  // what the application had set before

  // Null when `context` is not attached.
  [[nodiscard]] static const ContextState* of(const SSL_CTX* context) noexcept;
  // The context owns it from then on. False when OpenSSL has no memory.
  [[nodiscard]] static bool store(SSL_CTX* context, std::unique_ptr<ContextState> state) noexcept;
};

}  // namespace credence::channel
