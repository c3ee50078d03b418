// A root, an authority below it, and a signer below that: each can be made wrong.
#pragma once

#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "certificate_maker.h"

namespace credence::test {

// extendedKeyUsage (RFC 5280 section 4.2.1.12) with these purposes, by OpenSSL's short names or dotted.
inline CertificateExtension extended_key_usage(const std::string& purposes) {
  const crypto::Owned<X509_EXTENSION, X509_EXTENSION_free> made(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, purposes.c_str()));
  expect_made(made != nullptr);
  const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(made.get());
  return {.oid = "2.5.29.37",
          .content = to_bytes(
              ByteView(ASN1_STRING_get0_data(content), static_cast<std::size_t>(ASN1_STRING_length(content))))};
}

// keyUsage (section 4.2.1.3), for fields with has_key_usage = false.
inline CertificateExtension key_usage(std::uint8_t unused_bits, std::uint8_t bits) {
  return {.oid = "2.5.29.15", .content = {0x03, 0x02, unused_bits, bits}, .critical = true};
}
inline CertificateExtension key_agreement_only() { return key_usage(3, 0x08); }
inline CertificateExtension key_cert_sign_only() { return key_usage(2, 0x04); }

// All members may be changed before make().
struct SigningChainFields {
  CertificateFields root{.common_name = "root", .is_authority = true};
  CertificateFields intermediate{.common_name = "intermediate", .is_authority = true};
  CertificateFields leaf{.common_name = "leaf"};
};

struct SigningChain {
  crypto::PrivateKey leaf_key;
  crypto::Certificate root;
  crypto::Certificate intermediate;
  crypto::Certificate leaf;

  [[nodiscard]] static SigningChain make(const SigningChainFields& fields = {}) {
    const auto new_key = [] { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); };
    const crypto::PrivateKey root_key = new_key(), intermediate_key = new_key(), leaf_key = new_key();
    const auto root = make_certificate(root_key.public_key(), fields.root, root_key);
    const auto intermediate = make_certificate(intermediate_key.public_key(), fields.intermediate, root_key, root);
    const auto leaf = make_certificate(leaf_key.public_key(), fields.leaf, intermediate_key, intermediate);
    return {.leaf_key = leaf_key, .root = root, .intermediate = intermediate, .leaf = leaf};
  }
};

}  // namespace credence::test
