#include "api/local/policies.h"

#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "crypto/random.h"
#include "verifier/policy/lua/language.h"
#include "verifier/store/memory/store.h"

namespace credence {
namespace {

Result<std::string> read_rules(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::not_found, "the policy cannot be read");
  std::string rules(verifier::kMaxRules + 1, '\0');
  file.read(rules.data(), static_cast<std::streamsize>(rules.size()));
  if (file.bad()) return fail(Errc::io, "the policy cannot be read to its end");
  rules.resize(static_cast<std::size_t>(file.gcount()));
  return rules;
}

Result<void> put_in_force(verifier::Policies& policies, const LocalPolicy& file) {
  if (file.rules.extension() == ".rego")
    return fail(
        Errc::usage,
        "expected rules in Lua, got Rego: an Open Policy Agent runs it, and none is asked here, nor is one in a "
        "bundle. Write the rules in Lua, or have the evidence appraised by a verifier that has them (--opa)");
  TRY(std::string rules, read_rules(file.rules));
  TRY(const verifier::PolicyVersion version,
      policies.add(
          {.scheme = file.scheme, .name = file.rules.stem().string(), .type = "lua", .rules = std::move(rules)}));
  return policies.activate(file.scheme, version.id);
}

}  // namespace

Result<std::shared_ptr<const verifier::Policies>> policies_of(const std::vector<LocalPolicy>& files) {
  if (files.empty()) return nullptr;
  auto policies = std::make_shared<verifier::Policies>(
      verifier::Policies::Parts{.store = verifier::memory_store(),
                                .languages = {verifier::lua_language(system_clock())},
                                .clock = system_clock(),
                                .random = crypto::system_random()});
  std::set<std::string> schemes;
  for (const LocalPolicy& file : files) {
    if (!schemes.insert(file.scheme).second)
      return fail(Errc::usage, "policies: expected one for each scheme, got two for " + file.scheme);
    if (auto done = put_in_force(*policies, file); !done) return within(file.rules.string(), std::move(done).error());
  }
  return policies;
}

}  // namespace credence
