// Veraison's Rego as an OPA takes it that serves more than one policy.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::service {

// "credence.p0b1c...", of the version with this UUID.
[[nodiscard]] std::string rego_package(std::string_view id);

// The rules under their own package instead of `policy`, in their references to `data.policy` too; the lines stay where
// they are. Errc::invalid_value when the rules do not begin with `package policy`, or may mean that document
// in another way.
[[nodiscard]] Result<std::string> with_package(std::string_view rules, std::string_view package);

// What Veraison gives every policy beside its input: the named values, the defaults of the outputs, its functions
// (simple_semver_split, cmp, semver_cmp), and `outcome`, the document that is asked for. Rego version 0.
[[nodiscard]] std::string rego_preamble(std::string_view package);

}  // namespace credence::service
