#include "crypto/token_key.h"

#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/store.h>

#include <algorithm>
#include <format>
#include <memory>
#include <vector>

#include "crypto/openssl/held_key.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

using OwnedLibrary = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using OwnedStore = Owned<OSSL_STORE_CTX, OSSL_STORE_close>;
using OwnedInfo = Owned<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

// A setting of the provider; it copies the text.
OSSL_PARAM setting(const char* name, std::string_view value) {
  return {name, OSSL_PARAM_UTF8_STRING, const_cast<char*>(value.data()), value.size(), OSSL_PARAM_UNMODIFIED};
}

// OpenSSL copies the settings of a provider as C strings, whatever their size says.
SecretBytes terminated(const SecretBytes& text) {
  SecretBytes made(text.size() + 1);
  std::ranges::copy(text.view(), made.octets().begin());
  return made;
}

// A library context in which the provider serves one module. It is not Credence's own: no hash and no verification may
// end up in a token. Both providers go with it.
class TokenLibrary {
 public:
  static Result<std::shared_ptr<TokenLibrary>> load(const TokenKey& which) {
    auto made = std::make_shared<TokenLibrary>();
    made->context_.reset(OSSL_LIB_CTX_new());
    if (!made->context_) return openssl_failure("OSSL_LIB_CTX_new");
    CHECK(made->add("default", nullptr));
    std::vector<OSSL_PARAM> settings{setting("pkcs11-module-load-behavior", "early")};
    if (!which.module.empty()) settings.push_back(setting("pkcs11-module-path", which.module));
    const SecretBytes pin = terminated(which.pin);
    if (!which.pin.empty()) settings.push_back(setting("pkcs11-module-token-pin", as_text(pin.view())));
    settings.push_back(OSSL_PARAM_construct_end());
    CHECK(made->add("pkcs11", settings.data()));
    return made;
  }

  TokenLibrary() = default;
  TokenLibrary(const TokenLibrary&) = delete;
  TokenLibrary& operator=(const TokenLibrary&) = delete;
  ~TokenLibrary() {
    while (!providers_.empty()) {
      OSSL_PROVIDER_unload(providers_.back());
      providers_.pop_back();
    }
  }

  [[nodiscard]] OSSL_LIB_CTX* context() const noexcept { return context_.get(); }

 private:
  Result<void> add(const char* name, OSSL_PARAM* settings) {
    ERR_clear_error();
    OSSL_PROVIDER* provider = OSSL_PROVIDER_load_ex(context_.get(), name, settings);
    if (provider == nullptr)
      return fail(Errc::device_missing,
                  std::format("OpenSSL's provider {} does not load: {}; on Debian it is the package pkcs11-provider",
                              name, last_error()));
    providers_.push_back(provider);
    return {};
  }

  OwnedLibrary context_;
  std::vector<OSSL_PROVIDER*> providers_;
};

Result<OwnedStore> open_store(const TokenKey& which, OSSL_LIB_CTX* context) {
  ERR_clear_error();
  OwnedStore store(
      OSSL_STORE_open_ex(which.uri.c_str(), context, "provider=pkcs11", nullptr, nullptr, nullptr, nullptr, nullptr));
  if (store) return store;
  return fail(Errc::device_missing, "the token cannot be asked: " + last_error());
}

// All private keys that the URI names. Public keys and certificates of the same name stand beside them in a token.
std::vector<OwnedKey> private_keys(OSSL_STORE_CTX* store) {
  std::vector<OwnedKey> keys;
  while (OSSL_STORE_eof(store) != 1) {
    const OwnedInfo info(OSSL_STORE_load(store));
    if (!info) {
      if (OSSL_STORE_error(store) == 1) break;
      continue;
    }
    if (OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY)
      keys.emplace_back(OSSL_STORE_INFO_get1_PKEY(info.get()));
  }
  ERR_clear_error();
  return keys;
}

}  // namespace

Result<PrivateKey> open_token_key(const TokenKey& which) {
  TRY(const auto library, TokenLibrary::load(which));
  TRY(const OwnedStore store, open_store(which, library->context()));
  std::vector<OwnedKey> keys = private_keys(store.get());
  if (keys.size() != 1)
    return fail(Errc::not_found,
                std::format("expected exactly one private key of that name in the token, got {}{}", keys.size(),
                            keys.empty() ? ": check token, object and PIN" : ": name its id or token too"));
  return private_key_that_stays(std::move(keys.front()), library);
}

}  // namespace credence::crypto
