#include "service/verifier/inputs.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/verifier/file.h"
#include "service/verifier/server.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxAnchorFile = 1 << 20;

Result<void> read_anchors(const std::vector<std::filesystem::path>& files, Inputs& inputs) {
  Bytes all;
  for (const std::filesystem::path& file : files) {
    TRY(const SecretBytes pem, read_file(file, kMaxAnchorFile));
    auto certificates = crypto::certificates_from_pem(as_text(pem.view()));
    if (!certificates) return fail_in(Errc::configuration, file.string(), certificates.error().text());
    inputs.anchors.insert(inputs.anchors.end(), certificates->begin(), certificates->end());
    all.insert(all.end(), pem.view().begin(), pem.view().end());
  }
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, all));
  if (!files.empty()) add_input(inputs.object, "corim-anchor", to_hex(digest.view()));
  return {};
}

}  // namespace

void add_input(std::string& object, std::string_view name, std::string_view sha256) {
  object += (object.empty() ? "" : " ") + std::string(name);
  if (!sha256.empty()) object += std::format(" sha256:{}", sha256);
}

Result<Inputs> read_inputs(const VerifierOptions& options) {
  Inputs inputs;
  if (!options.config_sha256.empty()) add_input(inputs.object, "config", options.config_sha256);
  if (options.access_file) {
    TRY(inputs.access, access::read_access_config(*options.access_file));
    add_input(inputs.object, "access", inputs.access.sha256);
  }
  CHECK(read_anchors(options.corim_anchors, inputs));
  if (options.tls) add_input(inputs.object, "cert");
  if (options.tls && !options.tls->client_ca.empty()) add_input(inputs.object, "client-ca");
  if (options.provisioning_token) add_input(inputs.object, "provisioning-token");
  if (options.opa && options.opa->token) add_input(inputs.object, "opa-token");
  return inputs;
}

}  // namespace credence::service
