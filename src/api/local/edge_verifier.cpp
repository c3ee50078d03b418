#include "credence/edge_verifier.h"

#include <fstream>
#include <utility>

#include "api/local/edge_parts.h"
#include "api/local/policies.h"
#include "api/read_key.h"
#include "base/clock.h"
#include "base/guarded_clock.h"
#include "base/token_file.h"
#include "client/key_set.h"
#include "edge/appraiser.h"
#include "edge/bundle.h"
#include "edge/bundle_appraiser.h"
#include "edge/own_rules.h"

namespace credence {
namespace {

Result<Bytes> read_bundle_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_in(Errc::not_found, path.string(), "the bundle cannot be read");
  const std::size_t most = edge::BundleLimits{}.bytes;
  Bytes octets(most + 1);
  file.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<std::size_t>(file.gcount()));
  if (octets.size() > most) return fail_in(Errc::too_large, path.string(), "the bundle is too large");
  return octets;
}

template <typename Options>
Result<client::CoservTrust> trust_of(const Options& options) {
  client::CoservTrust trust{.allow_insecure_unsigned = options.allow_insecure_unsigned};
  for (const auto& path : options.keys) {
    TRY(crypto::PublicKey key, read_verifier_key(path));
    trust.keys.push_back(std::move(key));
  }
  if (!options.key_set.empty()) {
    client::KeySetOptions key_set{.location = options.key_set};
    key_set.http.ca_file = options.ca_file;
    TRY(trust.key_set, client::open_key_set(std::move(key_set)));
  }
  CHECK(client::check_trust(trust));
  return trust;
}

verifier::Policy policy_of(bool allow_insecure_test_root) {
  verifier::Policy policy;
  policy.allow_insecure_test_root = allow_insecure_test_root;
  return policy;
}

}  // namespace

Result<client::CoservService> coserv_service(const EdgeVerifierOptions& options) {
  client::CoservService service;
  service.url = options.url;
  TRY(service.trust, trust_of(options));
  service.http.ca_file = options.ca_file;
  service.http.allow_insecure_http = options.allow_insecure_http;
  service.deadline = options.deadline / 2;  // discovery first, then the question
  if (options.token) {
    TRY(service.token, read_token_file(*options.token));
  }
  return service;
}

Result<edge::Bundle> read_bundle(const std::filesystem::path& path) {
  TRY(const Bytes octets, read_bundle_file(path));
  auto bundle = edge::decode_bundle(octets);
  if (!bundle) return within(path.string(), std::move(bundle).error());
  return bundle;
}

Result<std::shared_ptr<const edge::OfflineAnswers>> open_bundle(const BundleVerifierOptions& options, Timestamp now) {
  TRY(client::CoservTrust trust, trust_of(options));
  TRY(const edge::Bundle bundle, read_bundle(options.bundle));
  auto opened = edge::OfflineAnswers::open(bundle, {.trust = std::move(trust), .max_age = options.max_age}, now);
  if (!opened) return within(options.bundle.string(), std::move(opened).error());
  return opened;
}

Result<Appraiser> edge_verifier(const EdgeVerifierOptions& options) {
  TRY(client::CoservService service, coserv_service(options));
  edge::EdgeOptions made;
  made.policy = policy_of(options.allow_insecure_test_root);
  TRY(made.policies, policies_of(options.policies));
  CHECK(edge::check_own_rules(made.policies.get()));
  made.cache = {.entries = options.most_entries, .octets = options.most_octets};
  made.max_age = options.max_age;
  made.deadline = options.deadline;
  made.allow_insecure_no_deny_list = options.allow_insecure_no_deny_list;
  return edge::edge_appraiser(std::move(service), std::move(made), guarded_system_clock());
}

Result<Appraiser> bundle_verifier(const BundleVerifierOptions& options) {
  TRY(auto answers, open_bundle(options, system_clock()->now()));
  edge::BundleAppraiserOptions made;
  made.policy = policy_of(options.allow_insecure_test_root);
  TRY(made.policies, policies_of(options.policies));
  CHECK(edge::check_own_rules(made.policies.get()));
  made.allow_insecure_no_deny_list = options.allow_insecure_no_deny_list;
  return edge::bundle_appraiser(std::move(answers), std::move(made), guarded_system_clock());
}

Result<std::string> bundle_age(const BundleVerifierOptions& options) {
  const Timestamp now = system_clock()->now();
  TRY(const auto answers, open_bundle(options, now));
  return answers->age().text(now);
}

}  // namespace credence
