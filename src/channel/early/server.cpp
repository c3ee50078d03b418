#include "channel/early/server.h"

#include <utility>

#include "base/weak.h"
#include "channel/early/certificate_entry.h"
#include "channel/early/negotiation.h"

namespace credence::channel::early {

Result<void> Server::client_hello(ByteView data) {
  ++hellos_;
  if (!first_hello_) {
    TRY(offer_, decode_client_hello(data));
    first_hello_ = to_bytes(data);
    return {};
  }
  // protocol.md section 3. Without it the offer that was judged after the first ClientHello is not the one that the
  // connection goes on with.
  if (equal(*first_hello_, data) || weak::removed(weak::Check::hello_changed)) return {};
  return fail(Errc::hello_changed,
              "the remoteAttestation extension of the second ClientHello differs from that of the first");
}

// As client_hello(): an extension that was taken out of one of two ClientHellos, or put into it, is a change too.
Result<void> Server::hellos_done(bool retried) const {
  const std::size_t expected = retried ? 2 : 1;
  if (hellos_ == 0 || hellos_ == expected || weak::removed(weak::Check::hello_changed)) return {};
  return fail(Errc::hello_changed, "expected the remoteAttestation extension in each of " + std::to_string(expected) +
                                       " ClientHello messages, got it in " + std::to_string(hellos_));
}

Result<std::optional<Bytes>> Server::encrypted_extensions(std::span<const Scheme> gives) {
  if (gives.empty() || offer_.server_attester.empty()) return std::nullopt;
  server_scheme_ = choose(offer_.server_attester, gives);
  if (!server_scheme_) {
    return fail(Errc::no_common_scheme, "the client accepts none of the kinds of evidence that this server can give");
  }
  TRY(Bytes data, encode_chosen_scheme(*server_scheme_));
  return data;
}

Result<Bytes> Server::certificate_request(std::span<const Scheme> judges) {
  if (!first_hello_) {
    return fail(Errc::evidence_missing,
                "the client offers no attestation: its ClientHello has no remoteAttestation extension");
  }
  client_scheme_ = choose(offer_.client_attester, judges);
  if (!client_scheme_) {
    return fail(Errc::no_common_scheme, "the client offers none of the kinds of evidence that this server can judge");
  }
  return encode_chosen_scheme(*client_scheme_);
}

Result<void> Server::client_certificate(ByteView data, std::size_t entry) {
  TRY(client_cmw_, take_certificate_entry({.data = data,
                                           .entry = entry,
                                           .solicited = client_scheme_.has_value(),
                                           .already_taken = !client_cmw_.empty()}));
  return {};
}

Result<rats::CmwRecord> Server::client_evidence() const {
  if (!client_scheme_ || client_cmw_.empty()) {
    return fail(Errc::evidence_missing, "the client's Certificate message carries no evidence");
  }
  return open_cmw(client_cmw_, *client_scheme_);
}

}  // namespace credence::channel::early
