// Who judges evidence, as verbs let their users choose: a verifier that evidence is sent to, this process over what
// that verifier hands out (CoSERV), or this process over an offline bundle.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "credence/edge_verifier.h"

namespace credence::cli {

struct VerifierChoice {
  std::string verifier;
  std::vector<std::string> verifier_keys;
  std::string verifier_jwks;
  std::string verifier_ca;
  std::string verifier_token;
  bool insecure_http = false;
  bool edge = false;
  std::string bundle;
  std::optional<unsigned> max_age;  // seconds
  bool insecure_no_deny_list = false;
  std::vector<std::string> policies;  // SCHEME=FILE
};

// --verifier and what belongs to it, --bundle, --max-age. --edge is for verbs that send evidence without it.
void add_verifier_choice(CLI::App& command, VerifierChoice& choice, const std::string& group = "Options");
void add_edge_flag(CLI::App& command, VerifierChoice& choice, const std::string& group);

// Whether exactly one is chosen, with keys to believe it by. Errc::usage, by the names of the options.
[[nodiscard]] Result<void> check_verifier_choice(const VerifierChoice& choice);

// Of --policy. Errc::usage.
[[nodiscard]] Result<std::vector<LocalPolicy>> local_policies(const std::vector<std::string>& texts);
// After check_verifier_choice().
[[nodiscard]] EdgeVerifierOptions edge_options(const VerifierChoice& choice, bool allow_insecure_test_root);
[[nodiscard]] BundleVerifierOptions bundle_options(const VerifierChoice& choice, bool allow_insecure_test_root);
// Whichever was chosen. Nothing is contacted yet; a bundle is read.
[[nodiscard]] Result<Appraiser> open_appraiser(const VerifierChoice& choice, bool allow_insecure_test_root);

}  // namespace credence::cli
