// Any file of ours as a tree of facts for people. Nothing is verified: what is shown is what the octets claim.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/cca/token.h"
#include "evidence/dice/chain.h"
#include "evidence/enacttrust/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/tsm_report.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/structures.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/corim.h"
#include "rats/coserv/coserv.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::cli {

// Recognises the format from the octets and describes it; the member "format" names it. Errc::unsupported with the
// list of formats when nothing fits.
[[nodiscard]] Result<json::Object> describe(ByteView content);

[[nodiscard]] Result<json::Object> describe_cmw(const rats::Cmw& cmw);
[[nodiscard]] json::Object describe_corim(const rats::Corim& corim);
[[nodiscard]] json::Object describe_coserv(const rats::CoservQuery& query);
[[nodiscard]] json::Object describe_coserv(const rats::Coserv& message);
[[nodiscard]] json::Object describe_ear(const rats::Ear& ear);
[[nodiscard]] json::Object describe_bundle(const evidence::tpm::Bundle& bundle);
[[nodiscard]] json::Object describe_cca_token(const evidence::cca::Token& token);
[[nodiscard]] json::Object describe_parsec_cca_bundle(const evidence::parsec_cca::Bundle& bundle);
[[nodiscard]] json::Object describe_psa_token(const evidence::psa::Token& token);
[[nodiscard]] json::Object describe_dice_chain(const evidence::dice::Chain& chain);
// What does not decode in it is shown with its error.
[[nodiscard]] json::Object describe_tsm_report(const evidence::sevsnp::TsmReport& tsm);
[[nodiscard]] json::Object describe_enacttrust_token(const evidence::enacttrust::Token& token);
[[nodiscard]] json::Object describe_attest(const evidence::tpm::Attest& attest);
[[nodiscard]] json::Object describe_public(const evidence::tpm::Public& area);

}  // namespace credence::cli
