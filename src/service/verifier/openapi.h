// The OpenAPI document of this build (docs/openapi.json), as /openapi.json serves it.
#pragma once

#include <string_view>

namespace credence::service {

[[nodiscard]] std::string_view openapi_document() noexcept;

}  // namespace credence::service
