// The relying party as its own verifier (library libcredence-verifier): what evidence needs comes from a CoSERV service
// or from a file, the engine in this process appraises. Beside remote_verifier() (credence/appraiser.h), which sends
// each evidence to a verifier, and local_verifier() (credence/local_verifier.h), which is given CoRIMs.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "credence/appraiser.h"

namespace credence {

// Rules in Lua (docs/policies.md) that evidence of one scheme must satisfy too. They lower verdicts and raise none.
struct LocalPolicy {
  std::string scheme;  // "PARSEC_TPM"
  std::filesystem::path rules;
};

struct EdgeVerifierOptions {
  std::string url;  // of the CoSERV service: "https://verifier.example:8443", such as a `credence verifier`
  // As in RemoteVerifierOptions: the keys that CoSERV results are signed with, pinned or followed. At least one of
  // both.
  std::vector<std::filesystem::path> keys;
  std::string key_set;
  std::optional<std::filesystem::path> ca_file;  // of the service's certificate; absent: the system's authorities
  std::optional<std::filesystem::path> token;    // a file with the token that the service wants; absent: none
  bool allow_insecure_http = false;              // plain HTTP to another machine; results are signed all the same
  bool allow_insecure_unsigned = false;          // believe results that nobody signed
  bool allow_insecure_no_deny_list = false;      // of a service that does not say what is revoked
  bool allow_insecure_test_root = false;         // also take evidence of the published test root
  std::vector<LocalPolicy> policies;             // at most one for each scheme; those of the service stay there
  // Answers are used as long as they say, and at most so long after they were made: so late a revocation is seen.
  std::chrono::seconds max_age{3'600};
  std::size_t most_entries = 4'096;            // answers that are kept
  std::size_t most_octets = 64 << 20;          // of all of them
  std::chrono::milliseconds deadline{10'000};  // of one appraisal that has to ask
};

// Asks the service for what it does not know, keeps the answers while they are good, and never uses one that has
// expired: without the service verdicts then fail with Errc::unavailable, which is no pass. Nothing is contacted yet.
[[nodiscard]] Result<Appraiser> edge_verifier(const EdgeVerifierOptions& options);

struct BundleVerifierOptions {
  std::filesystem::path bundle;  // as `credence bundle create` made it
  // The keys that the results in it are signed with, as above. A key set is best a file here.
  std::vector<std::filesystem::path> keys;
  std::string key_set;
  std::optional<std::filesystem::path> ca_file;  // of the key set's certificate
  std::optional<std::chrono::seconds> max_age;   // refuse a bundle that is older, however long it says it is good
  std::vector<LocalPolicy> policies;             // at most one for each scheme
  bool allow_insecure_unsigned = false;
  bool allow_insecure_no_deny_list = false;
  bool allow_insecure_test_root = false;
};

// Works without a network. Errc::expired, with its age, when the bundle is past its end or older than max_age, now and
// at every appraisal; untrusted_verifier when a result in it is not signed by one of the keys. Results say in their
// warnings how old the bundle is.
[[nodiscard]] Result<Appraiser> bundle_verifier(const BundleVerifierOptions& options);

// How old a bundle is, in words; checked as bundle_verifier() does.
[[nodiscard]] Result<std::string> bundle_age(const BundleVerifierOptions& options);

}  // namespace credence
