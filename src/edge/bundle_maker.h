// Asks a CoSERV service for a bundle: all that evidence of named environments may need.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "client/coserv.h"
#include "edge/bundle.h"
#include "rats/corim/environment.h"
#include "verifier/policy/policies.h"
#include "verifier/scheme/scheme.h"

namespace credence::edge {

// Environments of one scheme.
struct BundleSubject {
  const verifier::Scheme* scheme = nullptr;
  std::vector<rats::Class> classes{};
  std::vector<rats::TaggedBytes> instances{};
  bool all_instances = false;  // also those that the service has endorsed keys of, of the classes
};

struct MadeBundle {
  Bundle bundle;
  std::vector<std::string> left_out;  // queries whose answer was too large, in words
};

struct MakerOptions {
  const verifier::Policies* policies = nullptr;  // that the evidence will be appraised with; null: nobody knows yet
  std::size_t most_of_other_makers = 16 << 20;   // octets of what is_of_other_makers(): a quarter of a bundle
};

// Every profile of the scheme is asked for keys, endorsed values and reference values of each class and instance, and
// for the deny list. Keys of a class are left out when they are too many and instances are named, and so is what a
// layer or an index alone selects beside the classes that are named. Errc::usage without any environment, too_large
// when the policies read what is left out, what check_own_rules() refuses them for, and what CoservClient::ask() fails
// with. Blocks.
[[nodiscard]] Result<MadeBundle> make_bundle(client::CoservClient& client, std::string service,
                                             std::vector<BundleSubject> subjects, const Clock& clock,
                                             const MakerOptions& options = {});

}  // namespace credence::edge
