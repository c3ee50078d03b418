// X.509 certificates of any shape, for the chains of makers of hardware that tests play: authorities, RSA-PSS
// signatures, extensions by OID. The product issues leaves only.
#pragma once

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::test {

struct CertificateExtension {
  std::string oid;
  Bytes content;
  bool critical = false;
};

struct CertificateFields {
  std::optional<std::string> organization = std::nullopt;
  std::string common_name;
  std::int64_t serial = 1;
  bool is_authority = false;
  std::optional<int> path_length = std::nullopt;  // of an authority
  bool has_key_usage = true;
  std::vector<CertificateExtension> extensions = {};
  Timestamp not_before{std::chrono::sys_days(std::chrono::year{2020} / 1 / 1)};
  Timestamp not_after{std::chrono::sys_days(std::chrono::year{2045} / 1 / 1)};
};

inline void expect_made(bool good) {
  if (!good) throw std::logic_error("a test certificate cannot be made: " + crypto::last_error());
}

inline void add_name(X509_NAME* name, const char* attribute, const std::string& value) {
  // Not MBSTRING_UTF8: OpenSSL would refuse an empty value, which attackers do not.
  expect_made(X509_NAME_add_entry_by_txt(name, attribute, V_ASN1_UTF8STRING, as_bytes(value).data(),
                                         static_cast<int>(value.size()), -1, 0) == 1);
}

inline void add_extension(X509* certificate, int identifier, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const crypto::Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, identifier, value.c_str()));
  expect_made(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

inline crypto::Owned<X509_EXTENSION, X509_EXTENSION_free> make_extension(const CertificateExtension& wanted) {
  const crypto::Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(wanted.oid.c_str(), 1));
  const crypto::Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> content(ASN1_OCTET_STRING_new());
  expect_made(object && content &&
              ASN1_OCTET_STRING_set(content.get(), wanted.content.data(), static_cast<int>(wanted.content.size())) ==
                  1);
  crypto::Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), wanted.critical ? 1 : 0, content.get()));
  expect_made(extension != nullptr);
  return extension;
}

// RSA signs with PSS and a salt as long as the hash, as AMD's authorities do.
inline crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free> signing_context(const crypto::PrivateKey& signer,
                                                                  const char* hash = nullptr) {
  crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  const bool rsa = signer.public_key().type() == crypto::KeyType::rsa;
  if (hash == nullptr) hash = signer.public_key().type() == crypto::KeyType::ec_p256 ? "SHA256" : "SHA384";
  expect_made(EVP_DigestSignInit_ex(context.get(), &parameters, hash, crypto::library_context(), nullptr,
                                    crypto::native(signer), nullptr) == 1);
  if (rsa)
    expect_made(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  return context;
}

// Without an issuer it is signed by itself.
inline crypto::Certificate make_certificate(const crypto::PublicKey& key, const CertificateFields& fields,
                                            const crypto::PrivateKey& signer,
                                            const std::optional<crypto::Certificate>& issuer = std::nullopt) {
  const crypto::OwnedX509 made(X509_new_ex(crypto::library_context(), nullptr));
  X509* const certificate = made.get();
  X509_NAME* const subject = X509_get_subject_name(certificate);
  if (fields.organization) add_name(subject, "O", *fields.organization);
  add_name(subject, "CN", fields.common_name);
  const auto seconds = [](Timestamp at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  };
  expect_made(X509_set_version(certificate, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), fields.serial) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(fields.not_before)) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(fields.not_after)) != nullptr &&
              X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(crypto::native(*issuer)) : subject) ==
                  1 &&
              X509_set_pubkey(certificate, crypto::native(key)) == 1);
  if (fields.is_authority) {
    const std::string length = fields.path_length ? ",pathlen:" + std::to_string(*fields.path_length) : "";
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE" + length);
  }
  if (fields.has_key_usage)
    add_extension(certificate, NID_key_usage,
                  fields.is_authority ? "critical,keyCertSign,cRLSign,digitalSignature" : "critical,digitalSignature");
  for (const CertificateExtension& extension : fields.extensions)
    expect_made(X509_add_ext(certificate, make_extension(extension).get(), -1) == 1);
  expect_made(X509_sign_ctx(certificate, signing_context(signer).get()) > 0);
  return crypto::certificate_from(certificate).value();
}

}  // namespace credence::test
