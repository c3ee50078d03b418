// The value of an option that another folder parses: what is wrong with it is wrong with the command line.
#pragma once

#include <format>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace credence::cli {

// The value, or Errc::usage that names the option before the reason.
template <typename T>
[[nodiscard]] Result<T> option_value(std::string_view option, Result<T> value) {
  if (value) return value;
  Error error = std::move(value).error();
  error.code = Errc::usage;
  error.why = std::format("{}: {}", option, error.why);
  return std::unexpected(std::move(error));
}

}  // namespace credence::cli
