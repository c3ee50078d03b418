// ECDSA P-256 with OpenSSL's EVP over a digest: the limit of what appraises evidence and signs results.
//
//   baseline_ecdsa [--operation verify|sign] [--seconds S]
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "measure.h"

namespace {

using bench::require;

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

Context context_of(EVP_PKEY* key, int (*init)(EVP_PKEY_CTX*)) {
  Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  require(context && init(context.get()) == 1, "EVP_PKEY_CTX");
  return context;
}

}  // namespace

int main(int count, char** arguments) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  require(key != nullptr, "EVP_PKEY_Q_keygen");
  std::array<unsigned char, 32> digest{};
  std::array<unsigned char, 80> signature{};
  std::size_t size = 0;
  const Context signing = context_of(key, EVP_PKEY_sign_init);
  const auto sign = [&] {
    size = signature.size();
    ++digest[0];
    require(EVP_PKEY_sign(signing.get(), signature.data(), &size, digest.data(), digest.size()) == 1, "EVP_PKEY_sign");
  };
  sign();
  const Context verifying = context_of(key, EVP_PKEY_verify_init);
  const auto verify = [&] {
    require(EVP_PKEY_verify(verifying.get(), signature.data(), size, digest.data(), digest.size()) == 1,
            "EVP_PKEY_verify");
  };
  verify();
  const double seconds = bench::seconds_argument(count, arguments);
  if (bench::argument(count, arguments, "--operation", "verify") == "sign") {
    bench::print("ecdsa_sign", bench::measure(seconds, sign), R"("curve":"P-256")");
  } else {
    bench::print("ecdsa_verify", bench::measure(seconds, verify), R"("curve":"P-256")");
  }
  EVP_PKEY_free(key);
}
