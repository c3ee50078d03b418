// The software root, and a verifier in this process that knows it: endorsements in a store in memory.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "evidence/tpm/endorsement.h"
#include "rats/corim/corim.h"
#include "rot/software/attester.h"
#include "value_of.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace bench {

using SoftwareRoot = std::shared_ptr<credence::rot::software::SoftwareAttester>;

inline SoftwareRoot open_software_root(std::optional<credence::crypto::PrivateKey> tls_key = {}) {
  credence::rot::software::Options options;
  options.allow_insecure_test_root = true;
  options.tls_key = std::move(tls_key);
  return value_of(credence::rot::software::SoftwareAttester::open(std::move(options)), "software root");
}

inline void provision(credence::verifier::Store& store, const credence::rot::software::SoftwareAttester& root) {
  namespace tpm = credence::evidence::tpm;
  tpm::Endorsement endorsement;
  endorsement.class_id.octets.fill(0xc1);
  endorsement.keys = {root.channel_key().facts(), root.challenge_key().facts()};
  endorsement.pcrs = root.pcrs();
  for (const auto& made : {tpm::veraison_corim(endorsement), tpm::keys_corim(endorsement)}) {
    const credence::rats::Corim corim = value_of(made, "endorsement");
    value_of(store.submit(corim, value_of(credence::rats::encode_corim(corim), "CoRIM")), "provisioning");
  }
}

inline std::shared_ptr<const credence::verifier::Engine> engine_over(
    std::shared_ptr<const credence::verifier::Store> store) {
  credence::verifier::Policy policy;
  policy.allow_insecure_test_root = true;
  return std::make_shared<credence::verifier::Engine>(
      std::move(store), credence::system_clock(), std::move(policy),
      credence::verifier::Engine::Identity{.developer = "Credence", .build = "benchmark", .issuer = ""});
}

struct SoftwarePlatform {
  SoftwareRoot root;
  std::shared_ptr<const credence::verifier::Engine> engine;

  explicit SoftwarePlatform(std::optional<credence::crypto::PrivateKey> tls_key = {})
      : root(open_software_root(std::move(tls_key))), engine(engine_that_knows(*root)) {}

 private:
  static std::shared_ptr<const credence::verifier::Engine> engine_that_knows(
      const credence::rot::software::SoftwareAttester& root) {
    const auto store = credence::verifier::memory_store();
    provision(*store, root);
    return engine_over(store);
  }
};

}  // namespace bench
