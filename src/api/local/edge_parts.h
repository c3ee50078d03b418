// What edge_verifier() and bundle_verifier() are made of, for who makes other things of it.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "client/coserv.h"
#include "credence/edge_verifier.h"
#include "edge/bundle.h"
#include "edge/offline.h"

namespace credence {

// Where to ask and whom to believe. Reads the files that the options name.
[[nodiscard]] Result<client::CoservService> coserv_service(const EdgeVerifierOptions& options);
// Unchecked. Errc::not_found, and what decode_bundle() refuses, with the path.
[[nodiscard]] Result<edge::Bundle> read_bundle(const std::filesystem::path& path);
// Read and checked, as it is now.
[[nodiscard]] Result<std::shared_ptr<const edge::OfflineAnswers>> open_bundle(const BundleVerifierOptions& options,
                                                                              Timestamp now);

}  // namespace credence
