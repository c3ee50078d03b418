#include "service/policy/rego.h"

#include <algorithm>
#include <format>
#include <optional>

#include "verifier/policy/values.h"

namespace credence::service {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kPolicy = "policy";

bool is_of_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Where the text goes on after blanks and comments.
std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (kBlank.contains(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// Behind the word when it stands here, else nothing.
std::optional<std::size_t> behind_word(std::string_view text, std::size_t at, std::string_view word) {
  if (!text.substr(at).starts_with(word)) return std::nullopt;
  at += word.size();
  if (at < text.size() && is_of_name(text[at])) return std::nullopt;
  return at;
}

// Behind the string that begins here.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at)
    if (quote == '"' && text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

// Where the name stands in `package policy`, as OPA reads it. No longer name: rules of another package than the one
// that is asked are silent.
std::optional<std::size_t> name_of_package(std::string_view rules) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  const auto word = behind_word(rules, skip_blank(rules, rules.starts_with(kMark) ? kMark.size() : 0), "package");
  if (!word) return std::nullopt;
  const std::size_t name = skip_blank(rules, *word);
  const auto end = behind_word(rules, name, kPolicy);
  if (name == *word || !end) return std::nullopt;
  if (*end < rules.size() && std::string_view(".[").contains(rules[*end])) return std::nullopt;
  return name;
}

// Behind `policy` in `data.policy` or `data["policy"]`, nothing for another document. `at` is behind `data`. Errc::
// invalid_value where it takes OPA to say which document is meant.
Result<std::optional<std::size_t>> behind_reference(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with('.')) return behind_word(text, at + 1, kPolicy);
  for (const char quote : {'"', '`'}) {
    if (!text.substr(at).starts_with(std::string{'[', quote})) continue;
    const std::size_t end = behind_string(text, at + 1);
    const std::string_view name = text.substr(at + 2, end - at - 3);
    if (!text.substr(end).starts_with(']') || name.contains('\\')) break;
    return name == kPolicy ? std::optional(end + 1) : std::nullopt;
  }
  return fail(Errc::invalid_value,
              std::format("policy:{}: expected data.policy or data[\"policy\"]: another way to it is not followed, and "
                          "would find nothing",
                          1 + std::ranges::count(text.substr(0, at), '\n')));
}

// `import data.policy` means the package by its last name, which is another one here.
bool is_whole_import(std::string_view before, std::string_view after) {
  before = before.substr(0, before.find_last_not_of(kBlank) + 1);
  if (!before.ends_with("import")) return false;
  before.remove_suffix(std::string_view("import").size());
  if (!before.empty() && (is_of_name(before.back()) || before.back() == '.')) return false;
  if (!after.empty() && (after.front() == '.' || after.front() == '[')) return false;
  return !behind_word(after, skip_blank(after, 0), "as");
}

// Rules that name themselves by their package would find nothing there, and an undefined reference is no error.
Result<std::string> with_references(std::string_view rules, std::string_view package) {
  std::string written;
  for (std::size_t at = 0; at < rules.size();) {
    std::size_t end = at + 1;
    if (rules[at] == '"' || rules[at] == '`') {
      end = behind_string(rules, at);
    } else if (rules[at] == '#') {
      end = std::min(rules.find('\n', at), rules.size());
    } else if (is_of_name(rules[at])) {
      while (end < rules.size() && is_of_name(rules[end])) ++end;
      const bool is_member = at > 0 && rules[at - 1] == '.';
      if (!is_member && rules.substr(at, end - at) == "data") {
        TRY(const auto reference, behind_reference(rules, end));
        if (reference) {
          written += std::format("data.{}", package);
          if (is_whole_import(rules.substr(0, at), rules.substr(*reference))) written += std::format(" as {}", kPolicy);
          at = *reference;
          continue;
        }
      }
    }
    written += rules.substr(at, end - at);
    at = end;
  }
  return written;
}

constexpr std::string_view kInputsAndComparison = R"(
scheme = input.scheme
submod = input.submod
evidence = input.evidence
endorsements = input.endorsements
result = input.result
session = input.session

simple_semver_split(version) = numbers { numbers = [to_number(part) | part = split(version, ".")[_]] }
cmp(left, right) = 1 { left > right }
else = -1 { left < right }
else = 0
semver_cmp(left, right) = order { order = cmp(simple_semver_split(left), simple_semver_split(right)) }

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
  const auto name = name_of_package(rules);
  if (!name) return fail(Errc::invalid_value, "expected rules that begin with \"package policy\"");
  std::string_view rest = rules.substr(*name + kPolicy.size());
  // OPA has no separator there; whoever writes one means the end of the statement.
  const bool separated = rest.starts_with(';');
  if (separated) rest.remove_prefix(1);
  return with_references(std::format("{}{}{}{}", rules.substr(0, *name), package, separated ? " " : "", rest), package);
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
