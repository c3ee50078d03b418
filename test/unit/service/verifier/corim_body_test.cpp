// Who may sign a CoRIM that is provisioned. What the body says is in provisioning_api_test.cpp.
#include "service/verifier/corim_body.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/signing_chain.h"

namespace credence::service {
namespace {

const Timestamp kSubmittedAt = std::chrono::sys_days(std::chrono::year{2026} / 6 / 1);

// A signed CoRIM below root and intermediate; each case makes one thing of it wrong, or another right.
struct ChainCase {
  std::string name;
  void (*change)(test::SigningChainFields&) = [](test::SigningChainFields&) {};
  bool sends_intermediate = true;
  bool root_is_anchor = true;
  std::string refusal = "";  // empty: it is taken
};
void PrintTo(const ChainCase& tested, std::ostream* out) { *out << tested.name; }

class SignerOfABody : public testing::TestWithParam<ChainCase> {
 protected:
  [[nodiscard]] static Result<CorimBody> submit() {
    test::SigningChainFields fields;
    GetParam().change(fields);
    const auto signer = test::SigningChain::make(fields);
    std::vector chain{signer.leaf};
    if (GetParam().sends_intermediate) chain.push_back(signer.intermediate);
    const test::EvidenceMaker maker;
    const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
    const Bytes body =
        rats::sign_corim(corim, {.name = "signer", .uri = {}, .validity = {}}, signer.leaf_key, chain).value();
    // The other root has the same name: what counts is the key.
    const std::vector anchors{GetParam().root_is_anchor ? signer.root : test::SigningChain::make().root};
    return corim_from_body({.form = rats::CorimForm::signed_corim, .profile = corim.profile}, body,
                           {.anchors = anchors}, kSubmittedAt);
  }
};

TEST_P(SignerOfABody, IsTakenOrRefused) {
  const Result<CorimBody> answer = submit();
  if (GetParam().refusal.empty()) {
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_FALSE(answer->corim.comids.empty());
  } else {
    test::expect_refused(answer, Errc::untrusted_chain, GetParam().refusal);
  }
}

void set_key_usage(test::CertificateFields& of, test::CertificateExtension usage) {
  of.has_key_usage = false;
  of.extensions.push_back(std::move(usage));
}

void set_purposes(test::CertificateFields& of, const std::string& purposes) {
  of.extensions.push_back(test::extended_key_usage(purposes));
}

using Fields = test::SigningChainFields;

INSTANTIATE_TEST_SUITE_P(
    All, SignerOfABody,
    testing::Values(
        ChainCase{.name = "Good"},
        ChainCase{.name = "MissingIntermediate",
                  .sends_intermediate = false,
                  .refusal = "unable to get local issuer certificate"},
        ChainCase{.name = "AnchorNotConfigured",
                  .root_is_anchor = false,
                  .refusal = "expected a chain to one of the given anchors"},
        ChainCase{.name = "LeafThatDoesNotSign",
                  .change = [](Fields& of) { set_key_usage(of.leaf, test::key_agreement_only()); },
                  .refusal = "digitalSignature"},
        ChainCase{.name = "LeafWithoutKeyUsage", .change = [](Fields& of) { of.leaf.has_key_usage = false; }},
        ChainCase{.name = "LeafOfATlsServer",
                  .change = [](Fields& of) { set_purposes(of.leaf, "serverAuth"); },
                  .refusal = "the certificate at depth 0 is not for signing documents"},
        ChainCase{.name = "LeafThatSignsCode", .change = [](Fields& of) { set_purposes(of.leaf, "codeSigning"); }},
        ChainCase{.name = "LeafThatSignsDocuments",
                  .change = [](Fields& of) { set_purposes(of.leaf, "1.3.6.1.5.5.7.3.36"); }},
        ChainCase{.name = "IntermediateForTlsServers",
                  .change = [](Fields& of) { set_purposes(of.intermediate, "serverAuth"); },
                  .refusal = "the certificate at depth 1 is not for signing documents"},
        ChainCase{.name = "IntermediateThatIsNoCa",
                  .change =
                      [](Fields& of) {
                        of.intermediate.is_authority = false;
                        set_key_usage(of.intermediate, test::key_cert_sign_only());
                      },
                  .refusal = "the certificate at depth 1 is refused: invalid CA certificate"},
        ChainCase{.name = "IntermediateThatMayNotIssue",
                  .change = [](Fields& of) { set_key_usage(of.intermediate, test::key_agreement_only()); },
                  .refusal = "the certificate at depth 1 is refused: invalid CA certificate"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace credence::service
