// The configured names of peers: what policies see as `names`.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "wire/json/json.h"

namespace credence::service {

// From "web.example=0a1b...,2c3d...": a name and the instances it may be, in hexadecimal as results have them in ueid.
// A name that occurs again has more instances. Errc::configuration.
[[nodiscard]] Result<json::Object> peer_names(std::span<const std::string> entries);

}  // namespace credence::service
