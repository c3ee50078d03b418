// The REST API of an Open Policy Agent: modules go in, documents are asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "client/http.h"
#include "wire/json/json.h"

namespace credence::client {

struct Opa {
  std::string url;  // "http://127.0.0.1:8181"
  HttpOptions http{};
  std::optional<SecretBytes> token{};  // sent as "Authorization: Bearer"
};

// All of them block until the answer is there or the time is up. Errc::unavailable or timeout when there is none.

// Errc::invalid_value, with what OPA says, for a module that does not compile.
[[nodiscard]] Result<void> put_opa_module(const Opa& opa, std::string_view id, std::string_view rego);
// A module that is not there is no error.
[[nodiscard]] Result<void> remove_opa_module(const Opa& opa, std::string_view id);
// The document at `path` ("package/name") for this input; empty when it is undefined.
[[nodiscard]] Result<std::optional<json::Value>> query_opa(const Opa& opa, std::string_view path,
                                                           const json::Object& input);

}  // namespace credence::client
