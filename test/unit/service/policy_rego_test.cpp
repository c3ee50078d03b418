// What is done to Rego before an OPA gets it. What OPA makes of it is tested with OPA (test/interop/opa).
#include "service/policy/rego.h"

#include <gtest/gtest.h>

#include "support/refusal.h"

namespace credence::service {
namespace {

TEST(Rego, HasAPackageOfItsVersion) {
  EXPECT_EQ(rego_package("0b1c2d3e-0000-4000-8000-000000000001"), "credence.p0b1c2d3e_0000_4000_8000_000000000001");
}

TEST(Rego, KeepsItsLines) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"package policy\nx = 1", "package p.q\nx = 1"},
      {"# about\n\n  package  policy  # here\nx = 1\n", "# about\n\npackage p.q\nx = 1\n"},
      {"package policy", "package p.q"},
      {"\r\npackage policy\r\nx = 1", "\r\npackage p.q\nx = 1"},
  };
  for (const auto& [rules, expected] : table) EXPECT_EQ(with_package(rules, "p.q").value(), expected) << rules;
}

TEST(Rego, BeginsWithItsPackage) {
  for (const std::string rules :
       {"", "# package policy", "x = 1\npackage policy", "package policy.more", "package other", "packagepolicy",
        "package policy x = 1", "import data.x\npackage policy"})
    test::expect_refused(with_package(rules, "p.q"), Errc::invalid_value, "expected rules that begin with");
}

TEST(Rego, IsGivenVeraisonsNames) {
  const std::string preamble = rego_preamble("p.q");
  EXPECT_TRUE(preamble.starts_with("package p.q\n"));
  for (const std::string_view part :
       {"\nAPPROVED_RT = 2\n", "\nUNSAFE_RT = 32\n", "\ndefault runtime_opaque = 0\n", "\ndefault status = 0\n",
        "\nsemver_cmp(left, right)", "\"trust-vector\": {\"instance-identity\": instance_identity, "})
    EXPECT_NE(preamble.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace credence::service
