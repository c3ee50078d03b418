// Channel evidence of the software root.
#pragma once

#include "crypto/openssl/async_wait.h"
#include "software_platform.h"
#include "verifier/appraiser.h"

namespace bench {

// For a handshake of TLS_AES_128_GCM_SHA256, with the binder of that handshake.
inline credence::verifier::AppraisalRequest channel_request(credence::rot::software::SoftwareAttester& root) {
  using namespace credence;
  constexpr std::uint16_t kAes128GcmSha256 = 0x1301;
  const auto transcript = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("ClientHello..ServerHello"));
  const rot::HandshakeFacts facts{.cipher_suite = kAes128GcmSha256,
                                  .transcript = {value_of(transcript, "transcript")},
                                  .role = evidence::Role::client};
  const auto made = crypto::wait_for<rot::Evidence>("evidence", std::chrono::seconds(10), [&](auto done) {
    root.attest(facts, root.tls_key(), root.media_types(), std::move(done));
  });
  auto [media_type, value] = value_of(made, "evidence");
  return {.media_type = std::move(media_type),
          .evidence = std::move(value),
          .challenge = value_of(
              evidence::handshake_binder(facts.transcript, facts.role, root.tls_key()->public_key().spki()), "binder")};
}

}  // namespace bench
