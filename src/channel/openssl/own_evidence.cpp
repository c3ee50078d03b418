#include "channel/openssl/own_evidence.h"

#include <algorithm>

#include "channel/early/extension.h"
#include "channel/local_check.h"
#include "channel/openssl/leaf.h"
#include "crypto/openssl/async_wait.h"
#include "rats/cmw/cmw.h"

namespace credence::channel {
namespace {

// protocol.md section 3: evidence names the device. Without it anyone who answers a client's connection collects it.
Result<void> check_recipient(const SSL* ssl, const Connection& connection, const Offer& offer) {
  if (const auto& refusal = connection.gate.reason()) return std::unexpected(*refusal);
  if (connection.role() == evidence::Role::server || offer.insecure_to_unverified_servers) return {};
  const bool verified = (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 && SSL_get_verify_result(ssl) == X509_V_OK;
  if (verified) return {};
  return fail(Errc::untrusted_chain,
              "the server was not verified, so it gets no evidence: set SSL_VERIFY_PEER and a trust store, or demand "
              "attestation of the server");
}

// The binder speaks of this key and no other (protocol.md section 2).
Result<void> check_leaf(ByteView leaf, const rot::TlsKey& key) {
  if (!leaf.empty() && equal(leaf, key.public_key().spki())) return {};
  return fail(Errc::key_mismatch, "the certificate that is sent is not for the attester's TLS key");
}

const Offer* offer_of(const SSL* ssl, const Connection& connection) {
  const auto attachments = connection.attachments(ssl);
  const auto found = std::ranges::find_if(attachments, [](const auto& one) { return one->offer.has_value(); });
  return found == attachments.end() ? nullptr : &*(*found)->offer;
}

}  // namespace

Result<Bytes> own_evidence(const SSL* ssl, const Connection& connection, const X509* leaf,
                           const early::Scheme& scheme) {
  const Offer* offer = offer_of(ssl, connection);
  const auto* type = std::get_if<early::EvidenceType>(&scheme);
  const auto* media_type = type == nullptr ? nullptr : std::get_if<std::string>(&type->type);
  if (offer == nullptr || media_type == nullptr) {
    return fail(Errc::no_common_scheme, "this side cannot give " + early::describe(scheme));
  }
  CHECK(check_recipient(ssl, connection, *offer));
  const std::shared_ptr<rot::TlsKey> key = offer->attester->tls_key();
  const Bytes spki = spki_of(leaf);
  CHECK(check_leaf(spki, *key));
  CHECK(check_not_reflected(connection.peer_spki, spki));
  TRY(const evidence::TranscriptHash transcript, connection.transcript_hash(ssl));

  const rot::HandshakeFacts facts{
      .cipher_suite = cipher_suite_of(ssl), .transcript = transcript, .role = connection.role()};
  TRY(rot::Evidence evidence,
      crypto::wait_for<rot::Evidence>("evidence from the root of trust", offer->evidence_deadline,
                                      [&](rot::Completion<rot::Evidence> done) {
                                        offer->attester->attest(facts, key, {*media_type}, std::move(done));
                                      }));
  const Bytes cmw = rats::encode_cmw_cbor(
      rats::CmwRecord{.type = std::move(evidence.media_type), .value = std::move(evidence.value), .indicator = {}});
  return early::encode_certificate(cmw);
}

}  // namespace credence::channel
