// What a chain may be used for: extendedKeyUsage (RFC 5280 section 4.2.1.12). The rest of verify_chain() is in
// certificate_test.cpp.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "support/refusal.h"
#include "support/signing_chain.h"

namespace credence::crypto {
namespace {

using std::chrono_literals::operator""y;

constexpr Timestamp kChainTime = std::chrono::sys_days(2026y / 6 / 1);

Result<void> verify(const test::SigningChain& chain, ChainUse use) {
  const std::vector intermediates{chain.intermediate}, anchors{chain.root};
  return verify_chain(chain.leaf, intermediates, anchors, kChainTime, use);
}

struct Purposes {
  std::string name;
  std::optional<std::string> of_leaf, of_intermediate, of_root;
  std::string refusal;  // to sign documents; empty: it is taken
};
void PrintTo(const Purposes& purposes, std::ostream* out) { *out << purposes.name; }

class ChainPurposes : public testing::TestWithParam<Purposes> {
 protected:
  [[nodiscard]] static test::SigningChain chain() {
    test::SigningChainFields fields;
    const auto add = [](test::CertificateFields& to, const std::optional<std::string>& purposes) {
      if (purposes) to.extensions.push_back(test::extended_key_usage(*purposes));
    };
    add(fields.leaf, GetParam().of_leaf);
    add(fields.intermediate, GetParam().of_intermediate);
    add(fields.root, GetParam().of_root);
    return test::SigningChain::make(fields);
  }
};

TEST_P(ChainPurposes, DecideWhoSignsDocuments) {
  const test::SigningChain made = chain();
  const Result<void> whatever = verify(made, ChainUse::any);
  EXPECT_TRUE(whatever) << whatever.error().text();  // evidence is judged by other rules
  const Result<void> to_sign = verify(made, ChainUse::sign_documents);
  EXPECT_EQ(ERR_peek_error(), 0U);
  if (GetParam().refusal.empty()) {
    EXPECT_TRUE(to_sign) << to_sign.error().text();
  } else {
    test::expect_refused(to_sign, Errc::untrusted_chain, GetParam().refusal);
  }
}

const std::string kDocumentSigning = "1.3.6.1.5.5.7.3.36";

INSTANTIATE_TEST_SUITE_P(
    All, ChainPurposes,
    testing::Values(
        Purposes{"None", {}, {}, {}, ""}, Purposes{"CodeSigning", "codeSigning", {}, {}, ""},
        Purposes{"DocumentSigning", kDocumentSigning, {}, {}, ""}, Purposes{"Any", "anyExtendedKeyUsage", {}, {}, ""},
        Purposes{"OneOfSeveral", "serverAuth,codeSigning", {}, {}, ""},
        Purposes{"OfAllThree", "codeSigning", kDocumentSigning, "codeSigning", ""},
        Purposes{"IntermediateForAny", {}, "anyExtendedKeyUsage", {}, ""},
        Purposes{"TlsServer", "serverAuth", {}, {}, "depth 0"}, Purposes{"TlsClient", "clientAuth", {}, {}, "depth 0"},
        Purposes{"TlsBoth", "serverAuth,clientAuth", {}, {}, "got {1.3.6.1.5.5.7.3.1, 1.3.6.1.5.5.7.3.2};"},
        Purposes{"Mail", "emailProtection", {}, {}, "got {1.3.6.1.5.5.7.3.4}"},
        Purposes{"ArcBelowDocumentSigning", kDocumentSigning + ".1", {}, {}, "got {1.3.6.1.5.5.7.3.36.1}"},
        Purposes{"TooManyToName", "serverAuth,1.2.1,1.2.2,1.2.3,1.2.4", {}, {}, "1.2.1, 1.2.2, 1.2.3, ...}"},
        Purposes{"IntermediateForTls", "codeSigning", "serverAuth", {}, "depth 1"},
        Purposes{"IntermediateForTlsAboveALeafWithout", {}, "serverAuth,clientAuth", {}, "depth 1"},
        // The operator chose the anchor for this use.
        Purposes{"AnchorForTls", "codeSigning", {}, "serverAuth", ""}),
    [](const auto& tested) { return tested.param.name; });

TEST(ChainPurpose, IsAskedOfALeafThatIsTheAnchor) {
  test::SigningChainFields fields;
  const auto own_anchor = [&] {
    const std::vector leaf{test::SigningChain::make(fields).leaf};
    return verify_chain(leaf.front(), {}, leaf, kChainTime, ChainUse::sign_documents);
  };
  EXPECT_TRUE(own_anchor());
  fields.leaf.extensions = {test::extended_key_usage("serverAuth")};
  test::expect_refused(own_anchor(), Errc::untrusted_chain, "depth 0");
}

TEST(ChainPurpose, IsNoneInAnEmptyList) {
  test::SigningChainFields fields;
  fields.leaf.extensions = {{.oid = test::extended_key_usage("codeSigning").oid, .content = {0x30, 0x00}}};
  const test::SigningChain chain = test::SigningChain::make(fields);
  EXPECT_TRUE(verify(chain, ChainUse::any));
  test::expect_refused(verify(chain, ChainUse::sign_documents), Errc::untrusted_chain, "got {}");
}

// OpenSSL refuses these by itself, so that no use is open to them.
TEST(ChainPurpose, IsRefusedWhereItCannotBeReadOrIsThereTwice) {
  const test::CertificateExtension good = test::extended_key_usage("codeSigning");
  const test::CertificateExtension no_list{.oid = good.oid, .content = {0x04, 0x00}};
  for (const ChainUse use : {ChainUse::any, ChainUse::sign_documents}) {
    test::SigningChainFields fields;
    fields.leaf.extensions = {good};
    EXPECT_TRUE(verify(test::SigningChain::make(fields), use));
    fields.leaf.extensions = {no_list};
    test::expect_refused(verify(test::SigningChain::make(fields), use), Errc::untrusted_chain, "depth 0");
    fields.leaf.extensions = {good, good};
    test::expect_refused(verify(test::SigningChain::make(fields), use), Errc::untrusted_chain, "depth 0");
  }
}

}  // namespace
}  // namespace credence::crypto
