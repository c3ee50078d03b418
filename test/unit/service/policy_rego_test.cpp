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
      {"# about\n\n  package  policy  # here\nx = 1\n", "# about\n\n  package  p.q  # here\nx = 1\n"},
      {"package policy", "package p.q"},
      {"\r\npackage policy\r\nx = 1", "\r\npackage p.q\r\nx = 1"},
      {"package policy; x = 1", "package p.q  x = 1"},
      {"package policy x = 1", "package p.q x = 1"},
      {"package # its name:\n  policy\nx = 1", "package # its name:\n  p.q\nx = 1"},
  };
  for (const auto& [rules, expected] : table) EXPECT_EQ(with_package(rules, "p.q").value(), expected) << rules;
}

TEST(Rego, BeginsWithItsPackage) {
  for (const std::string rules :
       {"", "# package policy", "x = 1\npackage policy", "package policy.more", "package other", "packagepolicy",
        "package policy[\"x\"]", "package policy_2", "package data.policy", "package", "package#\npolicy.x",
        "import data.x\npackage policy"})
    test::expect_refused(with_package(rules, "p.q"), Errc::invalid_value, "expected rules that begin with");
}

TEST(Rego, FindsItselfByItsOldName) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"x = data.policy.scheme", "x = data.p.q.scheme"},
      {"x = data[\"policy\"].scheme", "x = data.p.q.scheme"},
      {"x = data[`policy`][\"scheme\"]", "x = data.p.q[\"scheme\"]"},
      {"import data.policy\nx = policy.scheme", "import data.p.q as policy\nx = policy.scheme"},
      {"import data.policy # it\nx = 1", "import data.p.q as policy # it\nx = 1"},
      {"import data.policy as it", "import data.p.q as it"},
      {"import data.policy.scheme as it", "import data.p.q.scheme as it"},
      {"x = 1 with data.policy.y as 2", "x = 1 with data.p.q.y as 2"},
      // Others.
      {"x = data.policy_2.y", "x = data.policy_2.y"},
      {"x = metadata.policy.y", "x = metadata.policy.y"},
      {"x = input.data.policy", "x = input.data.policy"},
      {"x = \"data.policy \\\" data.policy\" # data.policy", "x = \"data.policy \\\" data.policy\" # data.policy"},
      {"x = `\\` y = data.policy.z z = `data.policy", "x = `\\` y = data.p.q.z z = `data.policy"},
  };
  for (const auto& [rules, expected] : table)
    EXPECT_EQ(with_package("package policy\n" + rules, "p.q").value(), "package p.q\n" + expected);
}

// Silence would be the answer.
TEST(Rego, IsRefusedWhereItMayMeanItselfInAnotherWay) {
  for (const std::string reference :
       {"import data", "import data as d", "x = data[name]", "x = data[\"pol\\u0069cy\"].y", "x = data [\"policy\"].y",
        "walk(data, [p, v])", "x = data[\"policy\"", "data"})
    test::expect_refused(with_package("package policy\n\n" + reference, "p.q"), Errc::invalid_value,
                         "policy:3: expected data.policy");
  EXPECT_TRUE(with_package("package policy\nx = data.fleet.known\ny = data[\"fleet\"].known", "p.q"));
}

TEST(Rego, IsGivenVeraisonsNames) {
  const std::string preamble = rego_preamble("p.q");
  EXPECT_TRUE(preamble.starts_with("package p.q\n"));
  for (const std::string_view part :
       {"\nAPPROVED_RT = 2\n", "\nUNSAFE_RT = 32\n", "\ndefault runtime_opaque = 0\n", "\ndefault status = 0\n",
        "\nsemver_cmp(left, right)", "\ncmp(left, right)", "\nsimple_semver_split(version)",
        "\"trust-vector\": {\"instance-identity\": instance_identity, "})
    EXPECT_NE(preamble.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace credence::service
