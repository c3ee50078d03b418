#include "stock_peer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "channel/early/extension.h"
#include "channel/early/negotiation.h"
#include "evidence/media_types.h"

namespace credence::attack {
namespace {

constexpr unsigned int kRemoteAttestation = 0xff2a;
constexpr unsigned int kMessages = SSL_EXT_TLS1_3_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
                                   SSL_EXT_TLS1_3_CERTIFICATE_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE;

int add(SSL*, unsigned int, unsigned int context, const unsigned char** out, std::size_t* size, X509*,
        std::size_t entry, int*, void* peer) noexcept {
  if (entry != 0) return 0;
  const Bytes message = static_cast<const StockPeer*>(peer)->message(context);
  if (message.empty()) return 0;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(message.data(), message.size()));
  *out = copy;
  *size = message.size();
  return copy == nullptr ? -1 : 1;
}

void release(SSL*, unsigned int, unsigned int, const unsigned char* out, void*) noexcept {
  OPENSSL_free(const_cast<unsigned char*>(out));
}

int parse(SSL*, unsigned int, unsigned int context, const unsigned char* data, std::size_t size, X509*, std::size_t,
          int*, void* peer) noexcept {
  if ((context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) {
    static_cast<StockPeer*>(peer)->received.assign(data, data + size);
  }
  return 1;
}

std::vector<channel::early::Scheme> tpm_scheme() {
  const std::vector<std::string> types{std::string(evidence::kParsecTpm)};
  return channel::early::evidence_schemes(types);
}

}  // namespace

void StockPeer::install(SSL_CTX* context) {
  ASSERT_EQ(SSL_CTX_add_custom_ext(context, kRemoteAttestation, kMessages, add, release, this, parse, this), 1);
}

Bytes StockPeer::message(unsigned int context) const {
  if ((context & SSL_EXT_CLIENT_HELLO) != 0 && offers) {
    return channel::early::encode_client_hello({.server_attester = tpm_scheme(), .client_attester = tpm_scheme()})
        .value();
  }
  if ((context & SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS) != 0 && chooses) {
    return channel::early::encode_chosen_scheme(tpm_scheme().front()).value();
  }
  if ((context & SSL_EXT_TLS1_3_CERTIFICATE) != 0 && answer) return answer();
  return {};
}

}  // namespace credence::attack
