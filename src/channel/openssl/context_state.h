// What attach() leaves in an SSL_CTX.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>

#include "channel/peer.h"

namespace credence::channel {

using InfoCallback = void (*)(const SSL*, int, int);

// The application's message callback, as SSL_CTX_set_msg_callback() takes it, and its argument.
struct ApplicationMessages {
  void (*callback)(int written, int version, int content_type, const void* data, std::size_t size, SSL* ssl,
                   void* argument) = nullptr;
  void* argument = nullptr;
};

struct ContextState {
  std::shared_ptr<const Attachment> attachment;
  InfoCallback application_info = nullptr;  // what the application had set before
  ApplicationMessages application_messages{};

  // Null when `context` is not attached.
  [[nodiscard]] static const ContextState* of(const SSL_CTX* context) noexcept;
  // The context owns it from then on. False when OpenSSL has no memory.
  [[nodiscard]] static bool store(SSL_CTX* context, std::unique_ptr<ContextState> state) noexcept;
};

}  // namespace credence::channel
