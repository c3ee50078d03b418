#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <format>

#include "crypto/openssl/certificate_builder.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using OwnedNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using OwnedName = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using OwnedBignum = Owned<BIGNUM, BN_free>;

constexpr std::size_t kSerialOctets = 16;  // RFC 5280 section 4.1.2.2 allows 20

Result<void> set_serial(X509* certificate) {
  std::array<std::uint8_t, kSerialOctets> octets{};
  CHECK(expect_one(RAND_bytes_ex(library_context(), octets.data(), octets.size(), 0), "RAND_bytes_ex"));
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7fU) | 0x40U);  // positive, and always of the same length
  const OwnedBignum number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return openssl_failure("BN_to_ASN1_INTEGER");
  }
  return {};
}

Result<void> set_time(ASN1_TIME* time, Timestamp at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  if (ASN1_TIME_set(time, seconds) == nullptr) return openssl_failure("ASN1_TIME_set");
  return {};
}

// Subject: CN=common_name. The issuer is the subject itself when there is no certificate of an issuer.
Result<void> set_names(X509* certificate, std::string_view common_name, const X509* issuer) {
  constexpr std::size_t longest = 64;  // RFC 5280 appendix A.1: ub-common-name
  if (common_name.empty() || common_name.size() > longest) {
    return fail(Errc::invalid_value,
                std::format("expected a common name of 1 to {} octets, got {}", longest, common_name.size()));
  }
  X509_NAME* subject = X509_get_subject_name(certificate);
  CHECK(expect_one(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, as_bytes(common_name).data(),
                                              static_cast<int>(common_name.size()), -1, 0),
                   "X509_NAME_add_entry_by_NID"));
  return expect_one(X509_set_issuer_name(certificate, issuer != nullptr ? X509_get_subject_name(issuer) : subject),
                    "X509_set_issuer_name");
}

// An IP address where the text is one, a DNS name otherwise.
Result<OwnedName> general_name(const std::string& text) {
  OwnedName name(GENERAL_NAME_new());
  if (!name) return openssl_failure("GENERAL_NAME_new");
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str())) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
    return name;
  }
  ERR_clear_error();
  ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
  if (dns == nullptr) return openssl_failure("ASN1_IA5STRING_new");
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
  CHECK(expect_one(ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size())), "ASN1_STRING_set"));
  return name;
}

Result<void> add_alternative_names(X509* certificate, const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  const OwnedNames names(GENERAL_NAMES_new());
  if (!names) return openssl_failure("GENERAL_NAMES_new");
  for (const std::string& text : texts) {
    TRY(OwnedName name, general_name(text));
    if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0) return openssl_failure("sk_GENERAL_NAME_push");
    std::ignore = name.release();
  }
  return expect_one(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT),
                    "X509_add1_ext_i2d");
}

Result<void> add_extension(X509* certificate, int identifier, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const OwnedExtension extension(X509V3_EXT_conf_nid(nullptr, &context, identifier, value));
  if (!extension) return openssl_failure("X509V3_EXT_conf_nid");
  return expect_one(X509_add_ext(certificate, extension.get(), -1), "X509_add_ext");
}

// The hash of a certificate's signature, by the key that signs; none for Ed25519, which hashes by itself.
const EVP_MD* certificate_digest(KeyType type) {
  switch (type) {
    case KeyType::ec_p256:
    case KeyType::rsa:
      return message_digest(HashAlgorithm::sha256);
    case KeyType::ec_p384:
      return message_digest(HashAlgorithm::sha384);
    case KeyType::ec_p521:
      return message_digest(HashAlgorithm::sha512);
    case KeyType::ed25519:
      break;
  }
  return nullptr;
}

}  // namespace

Result<Certificate> build_certificate(const PublicKey& key, const SelfSigned& fields, const CertificateSigner& signer) {
  ERR_clear_error();
  const OwnedX509 certificate(X509_new_ex(library_context(), nullptr));
  if (!certificate) return openssl_failure("X509_new_ex");
  X509* const made = certificate.get();
  CHECK(expect_one(X509_set_version(made, X509_VERSION_3), "X509_set_version"));
  CHECK(set_serial(made));
  CHECK(set_time(X509_getm_notBefore(made), fields.not_before));
  CHECK(set_time(X509_getm_notAfter(made), fields.not_after));
  CHECK(set_names(made, fields.common_name, signer.certificate));
  CHECK(expect_one(X509_set_pubkey(made, native(key)), "X509_set_pubkey"));
  CHECK(add_extension(made, NID_basic_constraints, "critical,CA:FALSE"));
  CHECK(add_extension(made, NID_key_usage, "critical,digitalSignature"));
  CHECK(add_extension(made, NID_subject_key_identifier, "hash"));
  CHECK(add_alternative_names(made, fields.dns_names));
  // X509_sign gives the size of the signature.
  if (X509_sign(made, signer.key, certificate_digest(signer.type)) <= 0) return openssl_failure("X509_sign");
  return certificate_from(made);
}

Result<Certificate> self_sign(const PrivateKey& key, const SelfSigned& fields) {
  return build_certificate(key.public_key(), fields, {.key = native(key), .type = key.public_key().type()});
}

Result<Certificate> issue(const PublicKey& key, const SelfSigned& fields, const PrivateKey& issuer_key,
                          const Certificate& issuer) {
  return build_certificate(
      key, fields, {.key = native(issuer_key), .type = issuer_key.public_key().type(), .certificate = native(issuer)});
}

}  // namespace credence::crypto
