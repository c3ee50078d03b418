// Endorsements and reference values in memory: tests, `credence appraise`, and a verifier that is provisioned at start.
#pragma once

#include <memory>

#include "verifier/store.h"

namespace credence::verifier {

[[nodiscard]] std::shared_ptr<Store> memory_store();

}  // namespace credence::verifier
