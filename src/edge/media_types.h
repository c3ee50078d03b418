// What a relying party that is its own verifier offers its peers.
#pragma once

#include <string>
#include <vector>

#include "verifier/policy.h"

namespace credence::edge {

// Of evidence that may be bound to a channel, best first.
[[nodiscard]] std::vector<std::string> channel_media_types(const verifier::Policy& policy);

}  // namespace credence::edge
