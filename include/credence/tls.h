// Attestation in the TLS 1.3 handshake of an application's own SSL_CTX. The whole of it:
//
//   auto attester = credence::open_tpm({.state_directory = "/var/lib/app/tpm"});            // to give evidence
//   auto verifier = credence::remote_verifier({.url = "https://...", .keys = {"ear.pub"}}); // to demand it
//   credence::use_tls_key(context, *attester);
//   credence::attach(context, {.attester = *attester, .require = credence::Demands{.verifier = *verifier, ...}});
//   ... SSL_do_handshake(ssl) as ever ...
//   auto peer = credence::peer(ssl);                                                        // who it is
//
// docs/api.md says which callback slots attach() uses and what the guarantee for a raw SSL rests on.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
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
  std::vector<std::string> instances;  // kids of attestation keys in hexadecimal
  std::vector<std::string> names;      // names in a leaf that chains to the SSL_CTX's trust store
  bool any_of_class = false;
  // Accepts a self-signed leaf: the evidence alone says who the peer is. Otherwise the chain is verified as usual.
  bool attestation_only = false;
  bool allow_insecure_test_root = false;
  std::chrono::milliseconds verdict_deadline{10'000};
};

struct AttachOptions {
  Attester attester;               // null: give no evidence
  std::optional<Demands> require;  // absent: demand none
  std::uint16_t extension_type = 0xff2a;
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
