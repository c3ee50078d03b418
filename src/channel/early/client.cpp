#include "channel/early/client.h"

#include <utility>

#include "channel/early/certificate_entry.h"
#include "channel/early/negotiation.h"

namespace credence::channel::early {

Client::Client(std::vector<Scheme> judges, std::vector<Scheme> gives)
    : offer_{.server_attester = std::move(judges), .client_attester = std::move(gives)} {}

Result<Bytes> Client::client_hello() const { return encode_client_hello(offer_); }

Result<void> Client::encrypted_extensions(ByteView data) {
  if (server_scheme_) return fail(Errc::misplaced, "EncryptedExtensions chose a scheme twice");
  TRY(Scheme chosen, decode_chosen_scheme(data));
  CHECK(check_offered(chosen, offer_.server_attester));
  server_scheme_ = std::move(chosen);
  return {};
}

Result<void> Client::certificate_request(ByteView data) {
  if (client_scheme_) return fail(Errc::misplaced, "CertificateRequest chose a scheme twice");
  TRY(Scheme chosen, decode_chosen_scheme(data));
  CHECK(check_offered(chosen, offer_.client_attester));
  client_scheme_ = std::move(chosen);
  return {};
}

Result<void> Client::server_certificate(ByteView data, std::size_t entry) {
  TRY(server_cmw_, take_certificate_entry({.data = data,
                                           .entry = entry,
                                           .solicited = server_scheme_.has_value(),
                                           .already_taken = !server_cmw_.empty()}));
  return {};
}

Result<rats::CmwRecord> Client::server_evidence() const {
  if (!server_scheme_) {
    return fail(Errc::evidence_missing, "the server chose no attestation scheme: it does not attest itself");
  }
  if (server_cmw_.empty()) {
    return fail(Errc::evidence_missing, "the server chose " + describe(*server_scheme_) + " and sent no evidence");
  }
  return open_cmw(server_cmw_, *server_scheme_);
}

}  // namespace credence::channel::early
