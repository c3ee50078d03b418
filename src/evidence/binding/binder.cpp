#include "evidence/binding/binder.h"

#include <array>
#include <format>

#include "base/weak.h"

namespace credence::evidence {
namespace {

// TLS-Exporter("Attestation", context, 32): the draft fixes the length.
constexpr std::size_t kExportedSize = 32;
// EAT (RFC 9711 section 4.1): a nonce has 8 to 64 octets.
constexpr std::size_t kShortestNonce = 8;
constexpr std::size_t kLongestNonce = 64;

Result<void> check_spki(ByteView spki) {
  // A binder without a key would bind the evidence to the session but not to the key that CertificateVerify proves.
  if (spki.empty()) return fail(Errc::bad_key, "a binder needs the SubjectPublicKeyInfo of the leaf, got no octets");
  return {};
}

}  // namespace

std::string_view name(Role role) noexcept { return role == Role::client ? "client" : "server"; }

Result<Binder> handshake_binder(const TranscriptHash& transcript, Role /*role*/, ByteView spki) {
  CHECK(check_spki(spki));
  const crypto::HashAlgorithm hash = transcript.value.algorithm();
  const crypto::Digest zeros = crypto::Digest::zeros(hash);
  // The transcript ties the evidence to this handshake: without it evidence made for another connection passes (A1,
  // A4).
  const ByteView context = weak::removed(weak::Check::binder_transcript) ? zeros.view() : transcript.value.view();
  TRY(const crypto::Digest base, crypto::hkdf_expand_label(hash, zeros.view(), "attestation base", context));
  // The key ties it to the endpoint: without it any key holder on the path may use the evidence.
  TRY(const crypto::Digest key, crypto::digest(hash, weak::removed(weak::Check::binder_key) ? ByteView{} : spki));
  TRY(const crypto::Digest binder, crypto::hkdf_expand_label(hash, base.view(), "attestation", key.view()));
  return Binder(binder);
}

Result<Binder> session_binder(crypto::HashAlgorithm hash, ByteView exported, ByteView spki) {
  CHECK(check_spki(spki));
  if (exported.size() != kExportedSize)
    return fail(Errc::invalid_value,
                std::format("expected {} octets of the exporter, got {}", kExportedSize, exported.size()));
  TRY(const crypto::Digest binder, crypto::digest(hash, {spki, exported}));
  return Binder(binder);
}

Result<crypto::Digest> challenge_digest(const Nonce& nonce) {
  const std::size_t size = nonce.view().size();
  if (size < kShortestNonce || size > kLongestNonce)
    return fail(Errc::invalid_value,
                std::format("expected a nonce of {} to {} octets, got {}", kShortestNonce, kLongestNonce, size));
  const std::array<std::uint8_t, 2> length = {0, static_cast<std::uint8_t>(size)};
  return crypto::digest(crypto::HashAlgorithm::sha256, {as_bytes("credence challenge 1"), length, nonce.view()});
}

}  // namespace credence::evidence
