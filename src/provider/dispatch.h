// Entries of an OpenSSL dispatch table whose functions are written in C++: no exception reaches C.
#pragma once

#include <openssl/core.h>

#include <exception>

#include "base/result.h"
#include "provider/error_queue.h"

namespace credence::provider {

template <auto function>
struct Shim;

template <typename R, typename... Arguments, R (*function)(Arguments...)>
struct Shim<function> {
  static R call(Arguments... arguments) noexcept {
    try {
      return function(arguments...);
    } catch (const std::exception& exception) {
      push_error({.code = Errc::internal, .why = exception.what()});
      return R();  // 0 or null: failure, in every function of a provider that can fail
    }
  }
};

template <auto function>
[[nodiscard]] OSSL_DISPATCH entry(int identifier) noexcept {
  return {identifier, reinterpret_cast<void (*)()>(&Shim<function>::call)};
}

}  // namespace credence::provider
