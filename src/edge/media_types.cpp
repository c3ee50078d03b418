#include "edge/media_types.h"

#include <memory>

#include "verifier/engine.h"

namespace credence::edge {

std::vector<std::string> channel_media_types(const verifier::Policy& policy) {
  // Only asked for its types: it has nothing to look up in.
  const auto engine = std::make_shared<const verifier::Engine>(nullptr, nullptr, policy, verifier::Engine::Identity{});
  return verifier::local_appraiser(engine)->media_types();
}

}  // namespace credence::edge
