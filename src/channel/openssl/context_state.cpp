#include "channel/openssl/context_state.h"

#include <openssl/crypto.h>

namespace credence::channel {
namespace {

void free_state(void*, void* state, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<ContextState*>(state);
}

int context_index() noexcept {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_state);
  return index;
}

}  // namespace

const ContextState* ContextState::of(const SSL_CTX* context) noexcept {
  if (context == nullptr) return nullptr;
  return static_cast<const ContextState*>(SSL_CTX_get_ex_data(context, context_index()));
}

bool ContextState::store(SSL_CTX* context, std::unique_ptr<ContextState> state) noexcept {
  if (SSL_CTX_set_ex_data(context, context_index(), state.get()) != 1) return false;
  static_cast<void>(state.release());
  return true;
}

}  // namespace credence::channel
