// Verifiers that judge the peer's evidence: here one over the network. In the relying party's own process, from CoRIMs
// (credence/local_verifier.h), or from a CoSERV service or an offline bundle (credence/edge_verifier.h).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credence/result.h"

namespace credence {

namespace verifier {
class Appraiser;  // opaque here
}
// Shared by any number of SSL_CTX; thread-safe.
using Appraiser = std::shared_ptr<verifier::Appraiser>;

struct RemoteVerifierOptions {
  std::string url;  // "https://verifier.example:8443"
  // Public keys (PEM files) that results are signed with: pinned, never taken from the verifier's own discovery.
  std::vector<std::filesystem::path> keys;
  // A JWK set of keys that count too, so that the verifier may rotate them: a file, or an https URL (such as that of
  // /.well-known/jwks.json) whose certificate chains to ca_file. Kept, and fetched anew when a result names another
  // key.
  std::string key_set;
  std::optional<std::filesystem::path> ca_file;  // of the verifier's certificate; absent: the system's authorities
  std::optional<std::filesystem::path> token;    // a file with the token that the verifier wants; absent: none
  std::string issuer;                            // when not empty, results must name it
  bool allow_insecure_http = false;            // plain HTTP to another machine: results are signed, a token is readable
  bool allow_insecure_test_root = false;       // also offer the peer to attest with the published test root
  std::chrono::milliseconds deadline{10'000};  // of one appraisal
};

// A verifier that speaks Veraison's challenge-response API: `credence verifier`, or Veraison. Nothing is contacted yet.
[[nodiscard]] Result<Appraiser> remote_verifier(const RemoteVerifierOptions& options);

}  // namespace credence
