// Certificate revocation lists of any shape (RFC 5280 section 5), for the issuers that tests play.
#pragma once

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "certificate_maker.h"

namespace credence::test {

struct ListedCertificate {
  std::int64_t serial = 0;
  std::optional<long> reason = CRL_REASON_KEY_COMPROMISE;
  std::vector<CertificateExtension> extensions = {};
};

struct RevocationListFields {
  std::vector<ListedCertificate> entries = {};
  std::optional<std::int64_t> number = 5;
  Timestamp this_update{std::chrono::sys_days(std::chrono::year{2026} / 9 / 1)};
  std::optional<Timestamp> next_update{std::chrono::sys_days(std::chrono::year{2026} / 10 / 1)};
  std::vector<CertificateExtension> extensions = {};
  bool is_version_2 = true;
  const char* hash = nullptr;  // else as of certificates
  int more_units = 0;          // of 64 letters, in the name of the issuer
};

namespace revocation_list {

using Time = crypto::Owned<ASN1_TIME, ASN1_TIME_free>;

inline Time time(Timestamp at) {
  Time made(ASN1_TIME_set(nullptr, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count()));
  expect_made(made != nullptr);
  return made;
}

inline void add(X509_CRL* list, const ListedCertificate& wanted, Timestamp since) {
  crypto::Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
  const crypto::Owned<ASN1_INTEGER, ASN1_INTEGER_free> serial(ASN1_INTEGER_new());
  expect_made(ASN1_INTEGER_set_int64(serial.get(), wanted.serial) == 1 &&
              X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1 &&
              X509_REVOKED_set_revocationDate(entry.get(), time(since).get()) == 1);
  if (wanted.reason) {
    const crypto::Owned<ASN1_ENUMERATED, ASN1_ENUMERATED_free> code(ASN1_ENUMERATED_new());
    expect_made(ASN1_ENUMERATED_set(code.get(), *wanted.reason) == 1 &&
                X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, code.get(), 0, 0) == 1);
  }
  for (const CertificateExtension& extension : wanted.extensions)
    expect_made(X509_REVOKED_add_ext(entry.get(), make_extension(extension).get(), -1) == 1);
  expect_made(X509_CRL_add0_revoked(list, entry.release()) == 1);
}

inline crypto::Owned<X509_NAME, X509_NAME_free> issuer_name(const crypto::Certificate& issuer, int more_units) {
  crypto::Owned<X509_NAME, X509_NAME_free> name(X509_NAME_dup(X509_get_subject_name(crypto::native(issuer))));
  expect_made(name != nullptr);
  for (int i = 0; i < more_units; ++i) add_name(name.get(), "OU", std::string(64, 'u'));
  return name;
}

}  // namespace revocation_list

// DER. The entries are of the time of the list.
inline Bytes make_revocation_list(const crypto::PrivateKey& signer, const crypto::Certificate& issuer,
                                  const RevocationListFields& fields = {}) {
  const crypto::Owned<X509_CRL, X509_CRL_free> made(X509_CRL_new_ex(crypto::library_context(), nullptr));
  X509_CRL* const list = made.get();
  expect_made(X509_CRL_set_version(list, fields.is_version_2 ? X509_CRL_VERSION_2 : X509_CRL_VERSION_1) == 1 &&
              X509_CRL_set_issuer_name(list, revocation_list::issuer_name(issuer, fields.more_units).get()) == 1 &&
              X509_CRL_set1_lastUpdate(list, revocation_list::time(fields.this_update).get()) == 1);
  if (fields.next_update)
    expect_made(X509_CRL_set1_nextUpdate(list, revocation_list::time(*fields.next_update).get()) == 1);
  for (const ListedCertificate& entry : fields.entries) revocation_list::add(list, entry, fields.this_update);
  if (fields.number) {
    const crypto::Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
    expect_made(ASN1_INTEGER_set_int64(number.get(), *fields.number) == 1 &&
                X509_CRL_add1_ext_i2d(list, NID_crl_number, number.get(), 0, 0) == 1);
  }
  for (const CertificateExtension& extension : fields.extensions)
    expect_made(X509_CRL_add_ext(list, make_extension(extension).get(), -1) == 1);
  expect_made(X509_CRL_sign_ctx(list, signing_context(signer, fields.hash).get()) > 0);
  unsigned char* octets = nullptr;
  const int size = i2d_X509_CRL(list, &octets);
  const crypto::Owned<unsigned char, [](void* memory) { OPENSSL_free(memory); }> owner(octets);
  expect_made(size > 0);
  return {octets, octets + size};
}

}  // namespace credence::test
