// An appraisal of files, as several verbs make it.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"
#include "verifier/store.h"

namespace credence::cli {

struct OfflineOptions {
  std::string evidence;
  std::string media_type;
  std::vector<std::string> corims;
  std::string nonce;
  std::string binder;
  std::vector<unsigned> minimum_pcrs{0, 1, 2};
  bool allow_insecure_test_root = false;
  bool insecure_veraison_endorsements = false;
};
void add_offline_options(CLI::App& command, OfflineOptions& options);

struct OfflineAppraisal {
  std::shared_ptr<verifier::Store> store;  // in memory, with the CoRIMs
  verifier::Policy policy;
  verifier::AppraisalRequest request{.media_type = {}, .evidence = {}, .challenge = Nonce(Bytes())};

  [[nodiscard]] verifier::Engine engine(std::shared_ptr<const verifier::Policies> policies = nullptr) const;
};
// Without a store: what is looked up comes from elsewhere.
[[nodiscard]] Result<OfflineAppraisal> prepare_request(const OfflineOptions& options);
[[nodiscard]] Result<OfflineAppraisal> prepare(const OfflineOptions& options);

}  // namespace credence::cli
