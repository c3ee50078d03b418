#include "service/verifier/fingerprint.h"

#include <map>
#include <string_view>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/verifier/server.h"

namespace credence::service {
namespace {

// In an order of their own: that of the configuration means nothing.
json::Object sorted(const json::Object& members) {
  std::map<std::string_view, const json::Value*> by_name;
  for (const auto& member : members) by_name.emplace(member.key(), &member.value());
  json::Object made;
  for (const auto& [name, value] : by_name) made[name] = *value;
  return made;
}

}  // namespace

std::string fingerprint(const json::Value& value) {
  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(json::to_text(value)));
  return digest ? to_hex(digest->view().first(8)) : std::string("unknown");
}

std::string options_fingerprint(const VerifierOptions& options) {
  const verifier::Policy& policy = options.policy;
  json::Object members{{"test root", policy.allow_insecure_test_root},
                       {"compatibility", policy.compatibility},
                       {"insecure endorsements", policy.insecure_veraison_endorsements},
                       {"minimum pcrs", json::Array(policy.minimum_pcrs.begin(), policy.minimum_pcrs.end())},
                       {"clock set back", options.insecure_clock_set_back},
                       {"result lifetime", options.result_lifetime.count()}};
  members["names"] = sorted(options.peer_names);
  members["opa"] = options.opa ? json::Value(options.opa->url) : json::Value();
  return fingerprint(members);
}

}  // namespace credence::service
