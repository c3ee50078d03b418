#include <openssl/err.h>
#include <openssl/x509.h>

#include <format>

#include "crypto/openssl/asn1_values.h"
#include "crypto/openssl/certificate_state.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/pem.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kLargestCertificate = 64 * 1024;

using OwnedOctets = Owned<unsigned char, [](void* memory) { OPENSSL_free(memory); }>;

// The DER of an OpenSSL object, by its i2d function.
template <typename T>
Result<Bytes> to_der(int (*encode)(const T*, unsigned char**), const T* object, std::string_view call) {
  unsigned char* octets = nullptr;
  const int size = encode(object, &octets);
  const OwnedOctets owner(octets);
  if (size <= 0) return openssl_failure(call);
  return Bytes(octets, octets + size);
}

Result<Certificate> make_certificate(OwnedX509 certificate, Bytes der) {
  const X509_PUBKEY* key = X509_get_X509_PUBKEY(certificate.get());
  TRY(Bytes spki, to_der(i2d_X509_PUBKEY, key, "i2d_X509_PUBKEY"));
  TRY(const Timestamp not_before, timestamp_of(X509_get0_notBefore(certificate.get())));
  TRY(const Timestamp not_after, timestamp_of(X509_get0_notAfter(certificate.get())));
  return Certificate(std::make_shared<const Certificate::State>(std::move(certificate), std::move(der), std::move(spki),
                                                                not_before, not_after));
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der) {
  if (der.size() > kLargestCertificate) {
    return fail(Errc::too_large,
                std::format("expected a certificate of at most {} octets, got {}", kLargestCertificate, der.size()));
  }
  X509* parsed = X509_new_ex(library_context(), nullptr);
  if (parsed == nullptr) return openssl_failure("X509_new_ex");
  const unsigned char* at = der.data();
  ERR_clear_error();
  // On failure d2i_X509 frees what it was given.
  if (d2i_X509(&parsed, &at, static_cast<long>(der.size())) == nullptr) {
    return fail(Errc::malformed, "expected an X.509 certificate in DER: " + last_error());
  }
  OwnedX509 certificate(parsed);
  // X.690 section 10: DER and nothing after it. Certificates are compared and hashed by their octets, and a second
  // spelling of a refused one must not look new.
  TRY(Bytes again, to_der(i2d_X509, static_cast<const X509*>(parsed), "i2d_X509"));
  if (at != der.data() + der.size()) {
    return fail_at(Errc::trailing_bytes, static_cast<std::size_t>(at - der.data()), "octets follow the certificate");
  }
  if (!equal(again, der)) return fail(Errc::not_deterministic, "expected a certificate in DER, got another encoding");
  return make_certificate(std::move(certificate), std::move(again));
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  TRY(const SecretBytes der, read_one_pem(as_bytes(pem), "CERTIFICATE"));
  return from_der(der.view());
}

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
  TRY(const std::vector<SecretBytes> blocks, read_pem(as_bytes(pem), "CERTIFICATE"));
  std::vector<Certificate> certificates;
  certificates.reserve(blocks.size());
  for (const SecretBytes& block : blocks) {
    TRY(Certificate certificate, Certificate::from_der(block.view()));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

ByteView Certificate::der() const noexcept { return state_->der; }

std::string Certificate::pem() const { return write_pem(der(), "CERTIFICATE"); }

ByteView Certificate::spki() const noexcept { return state_->spki; }

Result<PublicKey> Certificate::public_key() const { return PublicKey::from_spki(spki()); }

std::string Certificate::subject() const { return rfc2253_text(X509_get_subject_name(state_->certificate.get())); }

Timestamp Certificate::not_before() const noexcept { return state_->not_before; }

Timestamp Certificate::not_after() const noexcept { return state_->not_after; }

X509* native(const Certificate& certificate) noexcept { return certificate.state().certificate.get(); }

Result<Certificate> certificate_from(const X509* certificate) {
  TRY(const Bytes der, to_der(i2d_X509, certificate, "i2d_X509"));
  return Certificate::from_der(der);
}

}  // namespace credence::crypto
