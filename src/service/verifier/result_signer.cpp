#include "service/verifier/result_signer.h"

#include "service/verifier/file.h"
#include "sign/jose/jwk.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 64 << 10;

Result<void> publish(const crypto::PrivateKey& key, const std::filesystem::path& file) {
  const std::string pem = key.public_key().pem();
  if (const auto present = read_file(file, kMaxKeyFile); present && as_text(present->view()) == pem) return {};
  return write_file(file, as_bytes(pem), FileMode::everyone_reads);
}

// Nothing happens when another verifier has made one in the meantime: its key is then the key.
Result<void> create(const std::filesystem::path& file) {
  TRY(const crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const SecretBytes pem = key.pem();
  CHECK(create_file(file, pem.view(), FileMode::owner_only));
  return {};
}

}  // namespace

Result<crypto::PrivateKey> load_or_create_signing_key(const std::filesystem::path& file) {
  TRY(const bool present, file_exists(file));
  if (!present) CHECK(create(file));
  // Whoever reads this key can call any machine trustworthy.
  TRY(const SecretBytes pem, read_private_file(file, kMaxKeyFile));
  auto key = crypto::PrivateKey::from_pem(pem.view());
  if (!key) return fail_in(Errc::configuration, file.string(), "expected a PEM private key: " + key.error().text());
  CHECK(publish(*key, file.string() + ".pub"));
  return *std::move(key);
}

Result<ResultSigner> ResultSigner::make(crypto::PrivateKey key) {
  TRY(std::string kid, jose::thumbprint(key.public_key()));
  return ResultSigner(std::move(key), std::move(kid));
}

Result<json::Object> ResultSigner::jwk() const {
  TRY(json::Object jwk, jose::jwk_from_key(key_.public_key()));
  jwk["alg"] = crypto::name(key_.default_algorithm());
  jwk["use"] = "sig";
  return jwk;
}

}  // namespace credence::service
