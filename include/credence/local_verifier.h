// The verifier's engine inside the relying party's own process (library libcredence-verifier).
#pragma once

#include <filesystem>
#include <vector>

#include "credence/appraiser.h"

namespace credence {

struct LocalVerifierOptions {
  std::vector<std::filesystem::path> corims;  // endorsements and reference values, kept in memory
  bool allow_insecure_test_root = false;
};

[[nodiscard]] Result<Appraiser> local_verifier(const LocalVerifierOptions& options);

}  // namespace credence
