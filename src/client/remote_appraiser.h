// Appraisal by a verifier over HTTP that speaks Veraison's challenge-response API: ours, or Veraison itself.
//
// One I/O thread serves every appraisal. A result counts only when a pinned key signed it, it repeats the nonce that
// was sent, and it was issued now (protocol.md section 3, "On a result from a remote verifier"). Whether the attested
// key is the key of the channel is for the channel to check: it knows the leaf.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/http.h"
#include "client/key_set.h"
#include "crypto/key.h"
#include "evidence/media_types.h"
#include "verifier/appraiser.h"

namespace credence::client {

// How nonces are written into a query. Every dialect is read: three are in use.
enum class NonceDialect : std::uint8_t { url, url_padded, standard };

// The form of results that is asked for. Whatever comes is read. Veraison knows only its own.
enum class ResultForm : std::uint8_t { veraison, draft, draft_cwt };

struct RemoteVerifier {
  std::string url;  // "https://verifier.example:8443"
  // The keys that results may be signed with: pinned, those of a key set that is fetched over authenticated
  // connections, or both. Never taken from discovery: who answers there could name its own.
  std::vector<crypto::PublicKey> keys;
  std::shared_ptr<KeySet> key_set{};
  HttpOptions http;
  std::shared_ptr<const SecretBytes> token{};  // sent as "Authorization: Bearer"; null: none
  std::vector<std::string> media_types = {std::string(evidence::kParsecTpm)};
  NonceDialect dialect = NonceDialect::url;
  ResultForm form = ResultForm::veraison;
  std::string issuer;  // when not empty, `iss` must be this, octet by octet

  // True when this verifier itself compares the nonce for every scheme (Credence's does). Veraison does not for
  // PARSEC_TPM: evidence that the relying party cannot check itself must then not be sent there.
  bool enforces_nonce = true;

  std::chrono::milliseconds deadline{10'000};  // of one appraisal, polling included
  std::chrono::milliseconds poll_interval{250};
  std::size_t max_concurrent = 64;      // transfers at the same time
  std::size_t max_pending = 1'024;      // appraisals that were accepted and not finished; beyond: Errc::busy
  std::chrono::seconds max_age{120};    // of a result
  std::chrono::seconds clock_skew{30};  // how far in the future a result may have been issued
};

// Verdicts fail with Errc::untrusted_verifier (TLS, signature, issuer), nonce_mismatch, stale, unavailable, timeout or
// busy; they are delivered on the I/O thread, which they must not block. Destroying the appraiser fails those that are
// under way.
[[nodiscard]] Result<std::shared_ptr<verifier::Appraiser>> remote_appraiser(RemoteVerifier verifier,
                                                                            std::shared_ptr<const Clock> clock,
                                                                            Log& log = no_log());

}  // namespace credence::client
