#include "service/policy/rego.h"

#include <algorithm>
#include <format>

#include "verifier/policy/values.h"

namespace credence::service {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

bool is_package_policy(std::string_view statement) {
  constexpr std::string_view kPackage = "package";
  if (!statement.starts_with(kPackage)) return false;
  const std::string_view name = statement.substr(kPackage.size());
  return !name.empty() && kBlank.contains(name.front()) && trimmed(name) == "policy";
}

constexpr std::string_view kInputsAndComparison = R"(
scheme = input.scheme
submod = input.submod
evidence = input.evidence
endorsements = input.endorsements
result = input.result
session = input.session

credence_numbers(version) = numbers { numbers = [to_number(part) | part = split(version, ".")[_]] }
semver_cmp(left, right) = 1 { credence_numbers(left) > credence_numbers(right) }
else = -1 { credence_numbers(left) < credence_numbers(right) }
else = 0 { credence_numbers(left) == credence_numbers(right) }

default status = 0
default added_claims = {}
)";

}  // namespace

std::string rego_package(std::string_view id) {
  std::string name = "credence.p" + std::string(id);
  std::ranges::replace(name, '-', '_');
  return name;
}

Result<std::string> with_package(std::string_view rules, std::string_view package) {
  for (std::size_t start = 0; start < rules.size();) {
    const std::size_t end = std::min(rules.find('\n', start), rules.size());
    const std::string_view statement = trimmed(rules.substr(start, end - start));
    if (is_package_policy(statement))
      return std::format("{}package {}{}", rules.substr(0, start), package, rules.substr(end));
    if (!statement.empty()) break;
    start = end + 1;
  }
  return fail(Errc::invalid_value, "expected rules that begin with \"package policy\", on a line of its own");
}

std::string rego_preamble(std::string_view package) {
  std::string text = std::format("package {}\n", package);
  text += kInputsAndComparison;
  std::string vector;
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i) {
    const std::string_view name = verifier::claim_names()[i];
    text += std::format("default {} = 0\n", name);
    vector += std::format("{}\"{}\": {}", i == 0 ? "" : ", ", verifier::claim_in_result(i), name);
  }
  for (const auto& [name, value] : verifier::named_values()) text += std::format("{} = {}\n", name, value);
  text += "outcome = {\"status\": status, \"added-claims\": added_claims, \"trust-vector\": {" + vector + "}}\n";
  return text;
}

}  // namespace credence::service
