// The verify step of a relying party (protocol.md section 3, steps 2 and 3): chain or attestation-only mode, the key,
// the binder in both signed structures, reflection, then the appraisal. What comes out is pending: that the peer holds
// the key is proven only by CertificateVerify and Finished, and only the gate makes the verdict final.
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/weak.h"
#include "channel/alert.h"
#include "channel/local_check.h"
#include "channel/openssl/connection.h"
#include "channel/openssl/hooks.h"
#include "channel/openssl/leaf.h"
#include "channel/result_check.h"
#include "crypto/openssl/async_wait.h"
#include "crypto/spki.h"

namespace credence::channel {
namespace {

// The alerts that stock OpenSSL sends from here (measured), by the error that makes it send them.
int x509_error_of(Alert alert) noexcept {
  switch (alert) {
    case Alert::handshake_failure:
      return X509_V_ERR_APPLICATION_VERIFICATION;
    case Alert::certificate_expired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case Alert::unknown_ca:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case Alert::internal_error:
      return X509_V_ERR_UNSPECIFIED;
    default:
      return X509_V_ERR_CERT_REJECTED;
  }
}

Result<void> check_validity(const X509* leaf, const Clock& clock) {
  const std::time_t now = std::chrono::system_clock::to_time_t(clock.now());
  std::time_t at = now;
  // X509_cmp_time() gives 0 for a time that it cannot read: neither -1 nor 1 then.
  if (X509_cmp_time(X509_get0_notBefore(leaf), &at) == -1 && X509_cmp_time(X509_get0_notAfter(leaf), &at) == 1)
    return {};
  return fail(Errc::expired, "the peer's certificate is not valid at " + to_rfc3339(clock.now()));
}

// The pinned name that the leaf is for, or none.
std::string name_of(X509* leaf, const std::vector<std::string>& names) {
  const auto named = std::ranges::find_if(names, [leaf](const std::string& name) {
    return X509_check_host(leaf, name.data(), name.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  });
  return named == names.end() ? std::string() : *named;
}

// protocol.md 2.6: with a name pin, the chain alone would let every holder of a certificate of that CA be the peer.
Result<void> check_names(X509* leaf, const std::vector<std::string>& names) {
  if (names.empty() || !name_of(leaf, names).empty()) return {};
  return fail(Errc::wrong_peer, "expected a certificate for " + names.front() + ", got one for other names");
}

using Attachments = std::vector<std::shared_ptr<const Attachment>>;

bool takes_it_without_a_chain(X509* leaf, const Attachment& attachment) {
  return attachment.demands->attestation_only && X509_self_signed(leaf, 1) == 1;
}

// protocol.md 2.6. The chain once, however many attachments ask for it: OpenSSL refuses a second X509_verify_cert()
// with the same X509_STORE_CTX. Names and dates as each of them demands.
Result<void> check_certificate(X509_STORE_CTX* chain, X509* leaf, const Attachments& demanding) {
  const auto needs_chain = [leaf](const auto& one) { return !takes_it_without_a_chain(leaf, *one); };
  if (std::ranges::any_of(demanding, needs_chain) && X509_verify_cert(chain) != 1) {
    return fail(Errc::untrusted_chain, std::string("the peer's certificate chain: ") +
                                           X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain)));
  }
  for (const auto& attachment : demanding) {
    CHECK(needs_chain(attachment) ? check_names(leaf, attachment->demands->pin.names)
                                  : check_validity(leaf, *attachment->clock));
  }
  return {};
}

Result<rats::CmwRecord> received_evidence(const Connection& connection) {
  if (const auto* client = std::get_if<early::Client>(&connection.negotiation)) return client->server_evidence();
  return std::get<early::Server>(connection.negotiation).client_evidence();
}

Result<PeerAppraisal> appraise(const SSL* ssl, X509* leaf, const Connection& connection, const Attachment& attachment) {
  const Demands& demands = *attachment.demands;
  TRY(rats::CmwRecord record, received_evidence(connection));
  TRY(const evidence::TranscriptHash transcript, connection.transcript_hash(ssl));
  TRY(const evidence::Binder binder,
      evidence::handshake_binder(transcript, evidence::opposite(connection.role()), connection.peer_spki));
  TRY(verifier::AppraisalRequest request, check_locally(std::move(record), demands, binder, connection.peer_spki));
  // Names are pinned only with a chain (peer.cpp), and the chain was checked: policies may rely on whose it is.
  request.peer = name_of(leaf, demands.pin.names);
  TRY(rats::Ear ear,
      crypto::wait_for<rats::Ear>("the verifier's verdict", demands.verdict_deadline, [&](verifier::Verdict done) {
        demands.appraiser->appraise(std::move(request), std::move(done));
      }));
  return check_result(
      std::move(ear),
      {.demands = demands, .binder = binder, .leaf_spki = connection.peer_spki, .now = attachment.clock->now()});
}

// True in no build but those of the attack tests: what A18 and A19 need to succeed.
bool tolerated(const Error& error) noexcept {
  return (error.code == Errc::evidence_missing && weak::removed(weak::Check::missing_evidence)) ||
         (is_undecided(error.code) && weak::removed(weak::Check::error_is_no_pass));
}

Result<void> meet(const SSL* ssl, X509* leaf, Connection& connection,
                  const std::shared_ptr<const Attachment>& attachment) {
  auto appraisal = appraise(ssl, leaf, connection, *attachment);
  // protocol.md 1.9: a verdict that did not come, for whatever reason, is a refusal (attack A19).
  if (!appraisal && !tolerated(appraisal.error())) return std::unexpected(std::move(appraisal).error());
  connection.met.push_back(
      {.attachment = attachment, .appraisal = appraisal ? std::optional(*std::move(appraisal)) : std::nullopt});
  return {};
}

Result<void> verify_peer(X509_STORE_CTX* chain, const SSL* ssl, Connection& connection) {
  X509* leaf = X509_STORE_CTX_get0_cert(chain);
  connection.peer_spki = spki_of(leaf);
  // Exactly one encoding of each key (protocol.md 2.4): the same key written differently would give another binder.
  // The key itself OpenSSL has made and checked; it proves it with CertificateVerify.
  CHECK(crypto::decode_spki(connection.peer_spki));
  CHECK(check_not_reflected(connection.peer_spki, spki_of(SSL_get_certificate(ssl))));
  Attachments demanding = connection.attachments(ssl);
  std::erase_if(demanding, [](const auto& attachment) { return !attachment->demands; });
  CHECK(check_certificate(chain, leaf, demanding));
  for (const auto& attachment : demanding) CHECK(meet(ssl, leaf, connection, attachment));
  return {};
}

}  // namespace

int on_verify(X509_STORE_CTX* chain, void*) noexcept {
  SSL* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED);
  try {
    Connection* connection = Connection::adopt(ssl);
    if (connection == nullptr) return 0;
    const Result<void> verified = verify_peer(chain, ssl, *connection);
    if (verified) {
      X509_STORE_CTX_set_error(chain, X509_V_OK);
      return 1;
    }
    connection->refuse(ssl, verified.error());
    X509_STORE_CTX_set_error(chain, x509_error_of(alert_of_verification(verified.error().code)));
  } catch (const std::exception&) {
    return 0;
  }
  return 0;
}

}  // namespace credence::channel
