// What an offline bundle says, for people and programs.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "client/coserv_check.h"
#include "edge/bundle.h"
#include "wire/json/json.h"

namespace credence::cli {

// Age, end, and each result with its query. With `trust` the signatures are checked, and one that is not good is an
// error; without, the facts say that nobody checked them.
[[nodiscard]] Result<json::Object> describe_bundle(const edge::Bundle& bundle,
                                                   const std::optional<client::CoservTrust>& trust, Timestamp now);

}  // namespace credence::cli
