#include <openssl/evp.h>

#include <format>

#include "crypto/hash.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

Result<Digest> hmac(HashAlgorithm algorithm, ByteView key, ByteView message) {
  const Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> context(EVP_MAC_CTX_dup(hmac_template(algorithm)));
  if (!context) return openssl_failure("EVP_MAC_CTX_dup");
  // A null key would mean "the key of before" to OpenSSL.
  static constexpr std::uint8_t kEmpty = 0;
  const std::uint8_t* const key_octets = key.empty() ? &kEmpty : key.data();
  CHECK(expect_one(EVP_MAC_init(context.get(), key_octets, key.size(), nullptr), "EVP_MAC_init"));
  if (!message.empty()) {
    CHECK(expect_one(EVP_MAC_update(context.get(), message.data(), message.size()), "EVP_MAC_update"));
  }
  Digest mac = Digest::zeros(algorithm);
  std::size_t size = 0;
  CHECK(expect_one(EVP_MAC_final(context.get(), mac.octets().data(), &size, mac.octets().size()), "EVP_MAC_final"));
  if (size != mac.view().size()) return fail(Errc::crypto_failure, "EVP_MAC_final: unexpected size");
  return mac;
}

// struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>; } HkdfLabel;
Result<Digest> hkdf_expand_label(HashAlgorithm algorithm, ByteView secret, std::string_view label, ByteView context) {
  constexpr std::string_view prefix = "tls13 ";
  constexpr std::size_t longest = 255;
  if (label.empty() || label.size() > longest - prefix.size() || context.size() > longest) {
    return fail(Errc::invalid_value, std::format("expected a label of 1 to 249 octets and a context of at most 255, "
                                                 "got {} and {}",
                                                 label.size(), context.size()));
  }
  Bytes info;
  info.reserve(2 + 1 + prefix.size() + label.size() + 1 + context.size() + 1);
  info.push_back(0);
  info.push_back(static_cast<std::uint8_t>(digest_size(algorithm)));
  info.push_back(static_cast<std::uint8_t>(prefix.size() + label.size()));
  append(info, as_bytes(prefix));
  append(info, as_bytes(label));
  info.push_back(static_cast<std::uint8_t>(context.size()));
  append(info, context);
  // RFC 5869 section 2.3: T(1) = HMAC(PRK, info || 0x01), and one block is all that is asked for.
  info.push_back(1);
  return hmac(algorithm, secret, info);
}

}  // namespace credence::crypto
