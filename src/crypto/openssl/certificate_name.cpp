#include "crypto/certificate_name.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <functional>

#include "crypto/openssl/certificate_state.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

std::string issuer_of(const Certificate& certificate) {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  const X509_NAME* name = X509_get_issuer_name(certificate.state().certificate.get());
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    return "(unprintable issuer)";
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Bytes serial_of(const Certificate& certificate) {
  const ASN1_INTEGER* number = X509_get0_serialNumber(certificate.state().certificate.get());
  const ByteView octets(ASN1_STRING_get0_data(number), static_cast<std::size_t>(ASN1_STRING_length(number)));
  const auto first = std::ranges::find_if(octets, std::identity{});
  return {first, octets.end()};
}

}  // namespace credence::crypto
