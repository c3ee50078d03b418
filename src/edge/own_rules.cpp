#include "edge/own_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <format>
#include <ranges>
#include <string>

#include "verifier/scheme/scheme.h"

namespace credence::edge {
namespace {

constexpr std::string_view kEndorsed = "endorsed", kEndorsements = "endorsements";
// Of entries of evidence.endorsed, in docs/formats/corim.md.
constexpr std::array<std::string_view, 4> kNeverThere = {"identity", "members", "trustees", "met"};

constexpr std::string_view kSpaces = " \t\r\n\f\v";

bool is_of_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view without_end(std::string_view text, std::string_view characters) {
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

// A text that begins here, "..., '..., [[... or [=[..., or a dot, perhaps with spaces behind it; two dots join texts.
bool is_before_member(std::string_view before) {
  if (before.ends_with('"') || before.ends_with('\'')) return true;
  if (before.ends_with('[')) return without_end(before.substr(0, before.size() - 1), "=").ends_with('[');
  before = without_end(before, kSpaces);
  return before.ends_with('.') && !before.ends_with("..");
}

// Prose in lines that are comments as a whole is no code. Those that begin or end a comment of several lines may be.
std::string without_comments(std::string_view rules) {
  std::string code;
  for (const auto part : rules | std::views::split('\n')) {
    const std::string_view line(part);
    const std::string_view text = line.substr(std::min(line.find_first_not_of(kSpaces), line.size()));
    if (!text.starts_with("--") || text.starts_with("--[") || text.starts_with("--]")) code += line;
    code += '\n';
  }
  return code;
}

// As far as the text shows: a name that the rules put together from parts is not seen.
bool reads(std::string_view rules, std::string_view member) {
  const std::string text = without_comments(rules);
  const std::string_view code = text;
  for (std::size_t at = code.find(member); at != std::string_view::npos; at = code.find(member, at + 1)) {
    const std::size_t end = at + member.size();
    if (is_before_member(code.substr(0, at)) && !is_of_name(code[end])) return true;
  }
  return false;
}

}  // namespace

Result<void> check_own_rules(const verifier::Policies* policies) {
  if (policies == nullptr) return {};
  for (const verifier::Scheme* scheme : verifier::schemes()) {
    const auto policy = policies->active(scheme->name());
    if (policy == nullptr || !reads(policy->version.rules, kEndorsed)) continue;
    for (const std::string_view member : kNeverThere)
      if (reads(policy->version.rules, member))
        return fail_in(Errc::configuration, std::format("policies.{}", scheme->name()),
                       std::format("the rules read `{}` of what is endorsed, and CoSERV has no place for identities, "
                                   "domains and dependencies: have the evidence appraised by the verifier (without "
                                   "edge mode or a bundle), or take this out of the rules",
                                   member));
  }
  return {};
}

bool read_endorsements(const verifier::Policies* policies, std::string_view scheme) {
  const auto policy = policies == nullptr ? nullptr : policies->active(scheme);
  return policy != nullptr &&
         (policy->version.type != "lua" || without_comments(policy->version.rules).contains(kEndorsements));
}

void warn_of_unknown(const verifier::Policies* policies, std::string_view scheme, rats::Ear& ear) {
  if (policies == nullptr) return;
  const auto policy = policies->active(scheme);
  if (policy == nullptr || !reads(policy->version.rules, kEndorsed)) return;
  ear.credence.warnings.emplace_back(
      "identities, domains and dependencies were not among what is endorsed when the rules were applied: CoSERV has no "
      "place for them");
}

}  // namespace credence::edge
