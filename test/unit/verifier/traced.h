// An appraisal with its trace, and how a trace names what was provisioned.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "fixture.h"
#include "support/trace_steps.h"

namespace credence::test {

[[nodiscard]] inline rats::Ear appraise_traced(std::shared_ptr<const verifier::Store> store,
                                               verifier::AppraisalRequest request, Timestamp now = kNow,
                                               verifier::Policy policy = {}) {
  request.trace = true;
  return engine_over(std::move(store), std::move(policy), now).appraise(request).value();
}

[[nodiscard]] inline std::string sha256_of(ByteView octets) {
  return to_hex(crypto::digest(crypto::HashAlgorithm::sha256, octets).value().view());
}

// The store's id of what was provisioned with this id.
[[nodiscard]] inline std::string submission_of(std::string_view id) { return sha256_of(as_bytes(id)); }

}  // namespace credence::test
