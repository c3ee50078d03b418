// What signs the results of one tenant: as the start finds it, and as a reload does.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "service/verifier/result_signer.h"
#include "service/verifier/server.h"
#include "service/verifier/signing_key.h"

namespace credence::service {

[[nodiscard]] Result<std::shared_ptr<const ResultSigner>> open_tenant_signer(const VerifierOptions& options,
                                                                             const std::string& tenant,
                                                                             SigningKeyOpener& opener, Log& log);
// Changes nothing: reopen_result_signer().
[[nodiscard]] Result<std::shared_ptr<const ResultSigner>> reopen_tenant_signer(const VerifierOptions& options,
                                                                               const std::string& tenant,
                                                                               SigningKeyOpener& opener,
                                                                               const ResultSigner& before);
// Once it is in force: writes the public halves of what the opener found, and says in the log what failed and when
// another key takes over.
void publish_tenant_signer(const VerifierOptions& options, const std::string& tenant, const SigningKeyOpener& opener,
                           const ResultSigner& signer, Log& log);

}  // namespace credence::service
