#include "service/http/peer_names.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "crypto/openssl/asn1_values.h"

namespace credence::service::http {
namespace {

constexpr std::size_t kMostNames = 64;

struct Free {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

std::string_view kind_of(int type) noexcept {
  switch (type) {
    case GEN_URI:
      return "URI:";
    case GEN_DNS:
      return "DNS:";
    case GEN_EMAIL:
      return "email:";
    default:
      return {};
  }
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, Free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && found.size() < kMostNames; ++i) {
    int type = 0;
    const auto* const value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    const std::string_view kind = kind_of(type);
    if (kind.empty() || value == nullptr) continue;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; }))
      found.push_back(std::string(kind).append(text));
  }
  return found;
}

// Without a chain, or with a date that is none, it has ended already.
Timestamp end_of(const STACK_OF(X509) * chain) {
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  Timestamp end = count > 0 ? Timestamp::max() : Timestamp{};
  for (int i = 0; i < count; ++i)
    end = std::min(end, crypto::timestamp_of(X509_get0_notAfter(sk_X509_value(chain, i))).value_or(Timestamp{}));
  return end;
}

}  // namespace

PeerCertificate peer_certificate(const SSL* ssl) {
  const std::unique_ptr<X509, Free> certificate(SSL_get1_peer_certificate(ssl));
  // The result is X509_V_OK without a certificate too: both are asked.
  if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  return {.names = names_of(certificate.get()), .end = end_of(SSL_get0_verified_chain(ssl))};
}

}  // namespace credence::service::http
