#include "client/result_check.h"

#include <format>

#include "base/secret.h"
#include "base/weak.h"

namespace credence::client {
namespace {

// Without it a result that was fetched while the peer was good counts for as long as the peer can draw the handshake
// out.
Result<void> check_time(const rats::Ear& result, const RemoteVerifier& verifier, Timestamp now) {
  if (weak::removed(weak::Check::result_time)) return {};
  // `iat` has whole seconds: a result of this very second is not from the past.
  if (result.issued_at + verifier.max_age < now || result.issued_at > now + verifier.clock_skew) {
    return fail(Errc::stale,
                std::format("the result was issued at {}, now it is {}: expected at most {} s in the past and {} s in "
                            "the future; check the clocks",
                            to_rfc3339(result.issued_at), to_rfc3339(now), verifier.max_age.count(),
                            verifier.clock_skew.count()));
  }
  if (result.expires && *result.expires <= now) {
    return fail(Errc::stale, std::format("the result expired at {}", to_rfc3339(*result.expires)));
  }
  return {};
}

}  // namespace

Result<rats::Ear> check_result(std::string_view token, const RemoteVerifier& verifier, ByteView nonce, Timestamp now,
                               std::span<const crypto::PublicKey> more_keys) {
  std::vector<crypto::PublicKey> keys = verifier.keys;
  keys.insert(keys.end(), more_keys.begin(), more_keys.end());
  // These keys only. Without this check whoever answers at that address calls any peer trustworthy.
  auto result = weak::removed(weak::Check::result_signature) ? rats::decode_ear(token) : rats::verify_ear(token, keys);
  if (!result) {
    return fail(Errc::untrusted_verifier, "expected a result that a pinned key signed: " + result.error().text());
  }
  if (!verifier.issuer.empty() && result->issuer != verifier.issuer) {
    return fail(Errc::untrusted_verifier,
                std::format("expected issuer \"{}\", got \"{}\"", verifier.issuer, result->issuer.value_or("")));
  }
  // A result for another challenge is genuine, but about another connection: replayed, it would vouch for this one.
  if (!result->nonce || !constant_time_equal(*result->nonce, nonce)) {
    return fail(Errc::nonce_mismatch, "the result repeats another nonce than the one that was sent");
  }
  CHECK(check_time(*result, verifier, now));
  return *std::move(result);
}

}  // namespace credence::client
