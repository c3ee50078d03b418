// The methods that an access file configures.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "service/access/access.h"
#include "service/access/config.h"

namespace credence::service::access {

// Who is known by the file, and by the token of `provisioning_token` beside it; without both nobody is.
[[nodiscard]] Result<Access::Parts> access_parts(const AccessConfig& config,
                                                 const std::optional<std::filesystem::path>& provisioning_token,
                                                 const std::shared_ptr<const Clock>& clock, const Random& random);

}  // namespace credence::service::access
