#include "credence/appraiser.h"

#include <format>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "client/remote_appraiser.h"
#include "evidence/media_types.h"

namespace credence {
namespace {

constexpr std::size_t kMostKeyBytes = 65'536;

Result<crypto::PublicKey> read_key(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_in(Errc::not_found, path.string(), "the verifier's key cannot be read");
  std::string pem(kMostKeyBytes, '\0');
  file.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  pem.resize(static_cast<std::size_t>(file.gcount()));
  auto key = crypto::PublicKey::from_pem(pem);
  if (!key) return within(path.string(), std::move(key).error());
  return key;
}

}  // namespace

Result<Appraiser> remote_verifier(const RemoteVerifierOptions& options) {
  if (options.keys.empty()) {
    return fail(Errc::configuration,
                std::format("expected at least one key that {} signs its results with: keys are pinned, never taken "
                            "from the verifier itself",
                            options.url));
  }
  client::RemoteVerifier made;
  made.url = options.url;
  for (const auto& path : options.keys) {
    TRY(crypto::PublicKey key, read_key(path));
    made.keys.push_back(std::move(key));
  }
  made.http.ca_file = options.ca_file;
  made.http.allow_insecure_http = options.allow_insecure_http;
  made.issuer = options.issuer;
  made.deadline = options.deadline;
  if (options.allow_insecure_test_root) made.media_types.emplace_back(evidence::kSoftwareTest);
  return client::remote_appraiser(std::move(made), system_clock());
}

}  // namespace credence
