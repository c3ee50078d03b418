#include "crypto/openssl/native.h"

#include <openssl/err.h>

#include <array>
#include <format>

namespace credence::crypto {

std::string last_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

std::unexpected<Error> openssl_failure(std::string_view call) {
  return fail(Errc::crypto_failure, std::format("{}: {}", call, last_error()));
}

Result<void> expect_one(int returned, std::string_view call) {
  if (returned == 1) return {};
  return openssl_failure(call);
}

}  // namespace credence::crypto
