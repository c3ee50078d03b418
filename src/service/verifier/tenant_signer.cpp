#include "service/verifier/tenant_signer.h"

#include <algorithm>
#include <format>
#include <utility>

#include "service/verifier/jwks_api.h"
#include "service/verifier/key_options.h"
#include "service/verifier/tenant.h"

namespace credence::service {
namespace {

// So long relying parties may need a key after it has signed for the last time: until that result has expired, and as
// much longer as their clocks may be behind.
Seconds lifetime_of_what_is_signed(const VerifierOptions& options) {
  return std::max(options.result_lifetime, options.coserv_lifetime) + kJwksMaxAge;
}

}  // namespace

Result<std::shared_ptr<const ResultSigner>> open_tenant_signer(const VerifierOptions& options,
                                                               const std::string& tenant, SigningKeyOpener& opener,
                                                               Log& log) {
  TRY(const KeyOptions keys, keys_of_tenant(options.keys, tenant));
  TRY(ResultSigner signer,
      open_result_signer(opener, keys, lifetime_of_what_is_signed(options), options.clock->now(), log));
  return std::make_shared<const ResultSigner>(std::move(signer));
}

Result<std::shared_ptr<const ResultSigner>> reopen_tenant_signer(const VerifierOptions& options,
                                                                 const std::string& tenant, SigningKeyOpener& opener,
                                                                 const ResultSigner& before) {
  TRY(const KeyOptions keys, keys_of_tenant(options.keys, tenant));
  TRY(ResultSigner signer,
      reopen_result_signer(opener, keys, before, lifetime_of_what_is_signed(options), options.clock->now()));
  return std::make_shared<const ResultSigner>(std::move(signer));
}

void publish_tenant_signer(const VerifierOptions& options, const std::string& tenant, const SigningKeyOpener& opener,
                           const ResultSigner& signer, Log& log) {
  const auto published = keys_of_tenant(options.keys, tenant).and_then([&opener](const KeyOptions& keys) {
    return publish_keys(opener, keys);
  });
  if (!published) log.write(LogLevel::error, published.error().text());
  if (const auto from = signer.next_change(options.clock->now()))
    log.write(LogLevel::info, std::format("another signing key takes over at {}", to_rfc3339(*from)));
}

}  // namespace credence::service
