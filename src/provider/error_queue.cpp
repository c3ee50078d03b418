#include "provider/error_queue.h"

#include <openssl/err.h>

#include <array>

namespace credence::provider {
namespace {

// OpenSSL keeps the addresses.
int register_library() {
  static const int library = ERR_get_next_error_library();
  static std::array<ERR_STRING_DATA, 2> names = {{{ERR_PACK(0, 0, 0), "credence"}, {0, nullptr}}};
  ERR_load_strings(library, names.data());
  return library;
}

}  // namespace

void push_error(const Error& error) noexcept {
  static const int library = register_library();
  try {
    const std::string text = error.text();
    ERR_raise_data(library, ERR_R_OPERATION_FAIL, "%s", text.c_str());
  } catch (const std::exception&) {
    ERR_raise(library, ERR_R_MALLOC_FAILURE);
  }
}

}  // namespace credence::provider
