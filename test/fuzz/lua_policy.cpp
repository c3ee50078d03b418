// Any rules through the sandbox: they end, within their limits, and what they say is something that a result may hold.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "fuzz/demand.h"
#include "verifier/policy/apply.h"
#include "verifier/policy/lua/language.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  using namespace std::chrono_literals;
  const auto language =
      verifier::lua_language(std::make_shared<FixedClock>(Timestamp{}),
                             {.memory = 1 << 20, .allocated = 4 << 20, .instructions = 100'000, .time = 1s});
  const auto program = language->load("id", as_text(ByteView(data, size)));
  if (!program) return 0;

  const json::Object evidence{{"version", "3.4.2"}, {"lifecycle", 12288}, {"list", json::Array{1, "two", 3.5}}};
  const json::Object session{{"nonce", "AAEC"}, {"instance", "01"}};
  const auto output = (*program)->run({.scheme = "PSA_IOT",
                                       .submodule = "PSA_IOT",
                                       .evidence = [&] { return evidence; },
                                       .result = [] { return json::Object{{"ear.status", "affirming"}}; },
                                       .endorsements = [] { return json::Array{json::Object{{"corim", "a"}}}; },
                                       .session = [&] { return session; },
                                       .names = [] { return json::Object{}; }});
  if (!output) return 0;
  demand(json::parse(json::to_text(output->added_claims)).has_value());

  // Without the grant no rules make anything better.
  rats::Submodule submodule;
  submodule.vector.emplace().claims.fill(rats::kUnrecognisedRuntime);
  submodule.status = rats::Tier::warning;
  const bool applied = verifier::apply_output({.id = "id", .name = "fuzz"}, *output, submodule).has_value();
  demand(submodule.status == rats::Tier::warning || (applied && submodule.status == rats::Tier::contraindicated));
  for (const std::int8_t claim : submodule.vector->claims)
    demand(rats::tier_of(claim) == rats::Tier::warning || rats::tier_of(claim) == rats::Tier::contraindicated);
  return 0;
}
