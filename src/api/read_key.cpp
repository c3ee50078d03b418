#include "api/read_key.h"

#include <fstream>
#include <string>
#include <utility>

namespace credence {
namespace {

constexpr std::size_t kMostKeyBytes = 65'536;

}  // namespace

Result<crypto::PublicKey> read_verifier_key(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_in(Errc::not_found, path.string(), "the verifier's key cannot be read");
  std::string pem(kMostKeyBytes, '\0');
  file.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  pem.resize(static_cast<std::size_t>(file.gcount()));
  auto key = crypto::PublicKey::from_pem(pem);
  if (!key) return within(path.string(), std::move(key).error());
  return key;
}

}  // namespace credence
