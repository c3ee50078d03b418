// Attestation in the TLS 1.3 handshake of an application's own SSL_CTX. The whole of it, with a TPM at both ends
// (value() throws the Error of a call that failed, as std::bad_expected_access<credence::Error>):
//
//   auto attester = credence::open_tpm({.state_directory = "/var/lib/app/tpm"}).value();            // to give evidence
//   auto verifier = credence::remote_verifier({.url = "https://...", .keys = {"ear.pub"}}).value();  // to demand it
//   credence::use_tls_key(context, attester).value();
//   credence::Demands demands{.verifier = verifier, .instances = {kid}, .attestation_only = true};
//   credence::attach(context, {.attester = attester, .require = demands}).value();
//   ... SSL_do_handshake(ssl) as ever ...
//   auto peer = credence::peer(ssl).value();  // who it is
//
// use_tls_key() makes a self-signed leaf, which a peer accepts only with attestation_only; with leaves of a CA pass
// their chain to use_tls_key() and leave attestation_only out.
//
// attach() needs three callbacks for itself, and OpenSSL has no getter with which it could chain what is there:
// - message callback: hand the application's over in AttachOptions::message_callback;
// - certificate verify callback (SSL_CTX_set_cert_verify_callback), with demands: replaced, for it alone decides
//   whether a peer is verified at all. The verify callback of SSL_CTX_set_verify() stays and is called;
// - PSK callbacks: removed, of the SSL_CTX and of each SSL, for with an external PSK nobody shows a certificate.
// One that the application sets after attach() ends in a refusal of the handshake, never in an unattested connection.
//
// docs/api.md says which other slots attach() uses and what the guarantee for a raw SSL rests on.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "credence/appraiser.h"
#include "credence/attester.h"
#include "credence/result.h"

namespace credence {

// What the peer must show. A verdict says that some good device is there; a pin says which one is meant.
struct Demands {
  Appraiser verifier;
  // One of the two, or any_of_class explicitly:
  std::vector<std::string> instances{};  // kids of attestation keys in hexadecimal
  std::vector<std::string> names{};      // names in a leaf that chains to the SSL_CTX's trust store
  bool any_of_class = false;
  // Accepts a self-signed leaf: the evidence alone says who the peer is. Otherwise the chain is verified as usual.
  bool attestation_only = false;
  bool allow_insecure_test_root = false;
  std::chrono::milliseconds verdict_deadline{10'000};
};

// As SSL_CTX_set_msg_callback() takes it.
using MessageCallback = void (*)(int written, int version, int content_type, const void* data, std::size_t size,
                                 SSL* ssl, void* argument);

struct AttachOptions {
  Attester attester{};               // null: give no evidence
  std::optional<Demands> require{};  // absent: demand none
  std::uint16_t extension_type = 0xff2a;
  // The application's, called with `message_argument` after attach()'s own. Set none with SSL_CTX_set_msg_callback() or
  // SSL_set_msg_callback(), nor another argument: without attach()'s own the handshake is refused.
  MessageCallback message_callback = nullptr;
  void* message_argument = nullptr;
};

// Makes the attester's TLS key the private key of the context, with a self-signed leaf for it, or with the certificate
// chain (PEM, leaf first) that a CA issued for it.
[[nodiscard]] Result<void> use_tls_key(SSL_CTX* context, const Attester& attester,
                                       std::string_view common_name = "credence");
[[nodiscard]] Result<void> use_tls_key(SSL_CTX* context, const Attester& attester,
                                       const std::filesystem::path& certificate_chain);

// From here on, connections made from `context` attest, demand attestation, or both, and carry no application data
// before the verdict. Errc::configuration when that cannot be promised; the context must then not be used.
[[nodiscard]] Result<void> attach(SSL_CTX* context, const AttachOptions& options);

// Who the peer is, once this side's demands are met.
struct Peer {
  std::string instance;   // kid of its attestation key, hexadecimal; empty when the result names none
  std::string binding;    // "handshake", "session", "key"
  std::string freshness;  // "session", or an age
  std::string verifier;   // who judged
  std::string pinned_by;  // "instance", "name", "instance and name", "any of class"
  std::string class_id;
  bool software_tpm = false;       // a software TPM proves the plumbing, not the machine
  bool unknown_tpm_maker = false;  // no EK certificate told the maker
  bool insecure_test_root = false;
  std::vector<std::string> warnings;
  std::string result;                 // all claims of the attestation result, as JSON
  std::vector<std::uint8_t> tls_key;  // DER SubjectPublicKeyInfo of its leaf
};

// The reason of the refusal while there is no such peer; Errc::not_found when nothing was demanded.
[[nodiscard]] Result<Peer> peer(const SSL* ssl);

// Why this side refused, when it did: the log line for a failed handshake.
[[nodiscard]] std::optional<Error> refusal(const SSL* ssl);

// Before SSL_free() of a connection whose handshake still waits (SSL_waiting_for_async): releases what it waits for.
void cancel(SSL* ssl);

}  // namespace credence
