// A chain of DICE certificates, leaf first, and what makes it fresh (docs/formats/evidence-dice.md).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/certificate.h"
#include "evidence/dice/measurement.h"
#include "sign/cose/sign1.h"
#include "wire/json/json.h"

namespace credence::evidence::dice {

// Veraison's RIOT: the certificates in PEM.
inline constexpr std::string_view kPemChain = "application/pem-certificate-chain";
// The same chain in x5chain of a COSE_Sign1 by the leaf's key, over an EAT with the nonce: for leaves that issue
// nothing.
inline constexpr std::string_view kSignedNonce = R"(application/eat+cwt; eat_profile="tag:credence.example,2026:dice")";

struct Chain {
  std::vector<crypto::Certificate> certificates;       // 1 to 8
  std::vector<std::vector<Measurement>> measurements;  // of each certificate
  std::optional<Bytes> leaf_nonce;                     // TcbFreshness of the leaf
  std::optional<cose::Sign1> proof;                    // of the second form
  std::vector<Bytes> proof_nonces;
};

// At most 64 KiB. Every extension that measures must decode.
[[nodiscard]] Result<Chain> decode_chain(std::string_view media_type, ByteView octets);

// The leaf, or the proof, was made for this nonce. Errc::nonce_mismatch for another one, and for a bare chain, which
// was made for none.
[[nodiscard]] Result<void> check_challenge(const Chain& chain, const Nonce& nonce);

struct Anchors {
  std::vector<crypto::Certificate> roots;
  std::vector<crypto::Certificate> intermediates;
};
// The chain leads to a root that was given; no certificate of the evidence is one. The proof is by the leaf's key.
[[nodiscard]] Result<void> check_chain(const Chain& chain, const Anchors& anchors, Timestamp at);

// DER SPKI of what names the device: the DeviceID that a CompositeDeviceID states, else the issuer of the lowest
// certificate that measures, else the highest certificate there is.
[[nodiscard]] Bytes device_key(const Chain& chain);

// Each certificate that measures, leaf first; FWID and DeviceID (the octets of the public key) of the first,
// as Veraison names them.
[[nodiscard]] json::Object claims_of(const Chain& chain);

}  // namespace credence::evidence::dice
