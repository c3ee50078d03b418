// A version of a policy, as it is stored. Versions are never edited: what a result names is what was in force.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "verifier/documents.h"

namespace credence::verifier {

struct PolicyVersion {
  std::string id{};  // UUID
  std::string scheme{};
  std::string name{};
  std::string type{};  // PolicyLanguage::type()
  std::string rules{};
  bool may_raise = false;  // granted by the manager who stored it, and by nobody else
  Timestamp created{};
  bool active = false;
};

// As octets of a document; `id` and `active` are kept beside them.
[[nodiscard]] Bytes encode_policy_version(const PolicyVersion& version);
[[nodiscard]] Result<PolicyVersion> decode_policy_version(const Document& document);

}  // namespace credence::verifier
