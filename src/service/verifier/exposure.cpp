#include "service/verifier/exposure.h"

#include "service/http/server.h"

namespace credence::service {
namespace {

bool has_credentials(const VerifierOptions& options) { return options.provisioning_token || options.access_file; }
bool is_beyond_loopback(const VerifierOptions& options) {
  return !http::is_loopback_address(options.address).value_or(false);
}

}  // namespace

Result<void> check_transport(const VerifierOptions& options) {
  if (options.tls && options.insecure_http) {
    return fail(Errc::usage, "a certificate and insecure HTTP exclude each other");
  }
  if (!options.tls && !options.insecure_http) {
    return fail(Errc::usage, "expected a certificate and its key, or the explicit choice of insecure HTTP");
  }
  CHECK(http::is_loopback_address(options.address));
  return {};
}

Result<void> check_callers(const VerifierOptions& options) {
  if (!options.insecure_local_callers) return {};
  if (has_credentials(options))
    return fail(Errc::usage,
                "--insecure-local-callers and credentials (--provisioning-token, --access) exclude each other");
  if (is_beyond_loopback(options))
    return fail(Errc::usage, "--insecure-local-callers is for a listener on a loopback address");
  return {};
}

std::vector<Exposure> exposures(const VerifierOptions& options) {
  std::vector<Exposure> found;
  const auto add = [&found](bool chosen, std::string_view key, std::string_view what) {
    if (chosen) found.push_back({.key = key, .what = what});
  };
  add(options.insecure_http && is_beyond_loopback(options), "insecure-http",
      "insecure HTTP beyond loopback: anybody on the way reads evidence and tokens");
  add(options.insecure_local_callers, "insecure-local-callers",
      "insecure: every program on this machine may provision and manage, and so may whoever reaches it through a "
      "proxy");
  add(!options.insecure_local_callers && !has_credentials(options), "provisioning-token",
      "provisioning and management are closed: no credential is configured. Configure --provisioning-token or "
      "--access, "
      "or for a try --insecure-local-callers");
  add(options.remote_store == verifier::RemoteServer::insecure, "insecure-store-connection", kInsecureStoreConnection);
  add(options.insecure_unsigned_corims, "insecure-unsigned-corims",
      "insecure unsigned CoRIMs: a provisioner's credential is enough to endorse anything, nobody has to sign it");
  add(!options.insecure_unsigned_corims && options.corim_anchors.empty(), "corim-anchor",
      "no CoRIM is taken: no signer of CoRIMs is known, and what the store has is all that counts. Configure "
      "--corim-anchor FILE, the root that certificates of signers chain to");
  add(options.policy.allow_insecure_test_root, "allow-insecure-test-root",
      "insecure test root: evidence that proves nothing is accepted");
  add(options.policy.compatibility, "veraison-compatibility",
      "compatibility with Veraison: plain nonces are accepted; what is affirmed with them says nothing of a channel");
  add(options.policy.insecure_veraison_endorsements, "insecure-veraison-endorsements",
      "insecure endorsements: attestation keys without a Name, which may sign what software says, and realms of which "
      "nothing is endorsed are affirmed, as Veraison does");
  add(options.insecure_clock_set_back, "insecure-clock-set-back",
      "insecure: a clock that was set back is believed, and what had expired may count again. Once the log says that "
      "the time is noted, leave the option out");
  add(options.insecure_no_seccomp, "insecure-no-seccomp",
      "insecure: no filter of system calls; whoever takes this process over may do all that its user may");
  return found;
}

}  // namespace credence::service
