// The data of the remoteAttestation extension in each message that carries it (protocol.md section 3):
//
//   ClientHello:         AttestationScheme server_attester_schemes<0..2^16-1>; client_attester_schemes<0..2^16-1>
//   EncryptedExtensions: AttestationScheme chosen_server_scheme
//   CertificateRequest:  AttestationScheme chosen_client_scheme
//   Certificate:         opaque cmw_payload<1..2^24-1>
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/early/scheme.h"

namespace credence::channel::early {

// Private use (RFC 8446 section 11); configurable, both ends must agree.
inline constexpr std::uint16_t kRemoteAttestation = 0xff2a;

// The 16-bit extension block of a CertificateEntry with nothing else in it (measured with OpenSSL 3.5), and what is
// left of it after the 24-bit length of cmw_payload.
inline constexpr std::size_t kMostExtensionOctets = 65531;
inline constexpr std::size_t kMostCmwOctets = kMostExtensionOctets - 3;

struct ClientHello {
  std::vector<Scheme> server_attester;  // what the client can judge, best first: empty when it demands nothing
  std::vector<Scheme> client_attester;  // what the client can give, best first: empty when it gives nothing
};

// Both lists empty is Errc::invalid_value, for writing too.
[[nodiscard]] Result<ClientHello> decode_client_hello(ByteView data);
[[nodiscard]] Result<Bytes> encode_client_hello(const ClientHello& hello);

[[nodiscard]] Result<Scheme> decode_chosen_scheme(ByteView data);
[[nodiscard]] Result<Bytes> encode_chosen_scheme(const Scheme& scheme);

// The CMW inside, a view into `data`.
[[nodiscard]] Result<ByteView> decode_certificate(ByteView data);
// Errc::too_large, with the size, when the message could not carry it.
[[nodiscard]] Result<Bytes> encode_certificate(ByteView cmw);

}  // namespace credence::channel::early
