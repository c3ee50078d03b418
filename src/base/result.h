// Result<T> is a value or an Error; here is how errors are made and passed on. Exceptions are left to bugs and to
// memory that runs out.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "credence/result.h"  // IWYU pragma: export

namespace credence {

// Cold: the compiler moves what leads to an error out of the way of what does not. Decoders are mostly checks: with
// their refusals in line, reading a CoRIM takes 7 % longer (GCC 14).
[[nodiscard, gnu::cold, gnu::noinline]] inline std::unexpected<Error> fail(Errc code, std::string why) {
  return std::unexpected(Error{.code = code, .why = std::move(why)});
}

[[nodiscard, gnu::cold, gnu::noinline]] inline std::unexpected<Error> fail_at(Errc code, std::size_t offset,
                                                                              std::string why) {
  return std::unexpected(Error{.code = code, .why = std::move(why), .offset = offset});
}

[[nodiscard, gnu::cold, gnu::noinline]] inline std::unexpected<Error> fail_in(Errc code, std::string path,
                                                                              std::string why) {
  return std::unexpected(Error{.code = code, .why = std::move(why), .path = std::move(path)});
}

// Passes an error on with the name of the enclosing member before its path: "kat" + "certInfo" = "kat.certInfo".
[[nodiscard, gnu::cold, gnu::noinline]] inline std::unexpected<Error> within(std::string_view member, Error error) {
  error.path = error.path.empty() ? std::string(member) : std::string(member) + "." + error.path;
  return std::unexpected(std::move(error));
}

// Hands an error to the caller.
[[nodiscard, gnu::cold, gnu::noinline]] inline std::unexpected<Error> pass_on(Error&& error) {
  return std::unexpected(std::move(error));
}

}  // namespace credence

#define CREDENCE_CONCAT_INNER(left, right) left##right
#define CREDENCE_CONCAT(left, right) CREDENCE_CONCAT_INNER(left, right)

// TRY(auto value, expression): declares value, or returns the error of the expression.
#define CREDENCE_TRY_NAMED(result, declaration, ...)     \
  auto result = (__VA_ARGS__);                           \
  if (!result) [[unlikely]]                              \
    return credence::pass_on(std::move(result).error()); \
  declaration = *std::move(result)
#define TRY(declaration, ...) CREDENCE_TRY_NAMED(CREDENCE_CONCAT(try_result_, __COUNTER__), declaration, __VA_ARGS__)

// CHECK(expression): returns the error of a Result<void>, goes on otherwise.
#define CHECK(...)                                                     \
  do {                                                                 \
    if (auto check_result = (__VA_ARGS__); !check_result) [[unlikely]] \
      return credence::pass_on(std::move(check_result).error());       \
  } while (false)
