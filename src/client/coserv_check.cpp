#include "client/coserv_check.h"

#include <format>

#include "base/weak.h"
#include "sign/cose/sign1.h"

namespace credence::client {
namespace {

constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18

// Otherwise whoever kept an answer could show it after a revocation, for ever.
Result<void> check_times(const rats::Coserv& message, const CoservTrust& trust, Timestamp now) {
  if (weak::removed(weak::Check::coserv_expiry)) return {};
  if (message.results.expires <= now) {
    return fail(Errc::expired, std::format("the CoSERV result was good until {}, now it is {}: ask the service again",
                                           to_rfc3339(message.results.expires), to_rfc3339(now)));
  }
  if (message.issued_at && *message.issued_at > now + trust.clock_skew) {
    return fail(Errc::stale, std::format("the CoSERV result was made at {}, now it is {}: check the clocks",
                                         to_rfc3339(*message.issued_at), to_rfc3339(now)));
  }
  return {};
}

}  // namespace

std::vector<crypto::PublicKey> CoservTrust::keys_now() const {
  std::vector<crypto::PublicKey> all = keys;
  if (key_set == nullptr) return all;
  const KeySet::Keys more = key_set->keys();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Result<rats::Coserv> verify_coserv(ByteView octets, const CoservTrust& trust) {
  const bool is_signed = !octets.empty() && octets.front() == kSign1Head;
  if (is_signed && weak::removed(weak::Check::coserv_signature)) {
    TRY(const cose::Sign1 message, cose::decode_sign1(octets, cose::Tagged::required));
    return rats::decode_coserv(message.payload, trust.limits);
  }
  if (is_signed) return rats::verify_coserv(octets, trust.keys_now(), trust.limits);
  // Otherwise whoever answers at that address names the keys and values that attesters are measured by.
  if (!trust.allow_insecure_unsigned) {
    return fail(Errc::untrusted_verifier, std::format("expected a CoSERV result that is signed ({}), got one that is "
                                                      "not: ask a service that signs its results",
                                                      rats::kSignedCoservMediaType));
  }
  return rats::decode_coserv(octets, trust.limits);
}

Result<rats::Coserv> check_coserv(ByteView octets, const CoservTrust& trust, Timestamp now) {
  TRY(rats::Coserv message, verify_coserv(octets, trust));
  CHECK(check_times(message, trust, now));
  return message;
}

Result<void> check_trust(const CoservTrust& trust) {
  if (!trust.keys.empty() || trust.key_set || trust.allow_insecure_unsigned) return {};
  return fail(Errc::configuration,
              "expected at least one pinned key that CoSERV results are signed with, or a key set");
}

}  // namespace credence::client
