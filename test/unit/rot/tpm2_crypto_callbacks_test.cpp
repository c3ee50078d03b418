// The callbacks that ESYS computes sessions with: a real TPM accepts what they make, for each kind of parent.
#include <gtest/gtest.h>

#include "rot/tpm2/cached_crypto.h"
#include "rot/tpm2/esys_context.h"
#include "rot/tpm2/response_code.h"
#include "rot/tpm2/templates.h"

namespace credence::rot::tpm2 {
namespace {

struct Parent {
  std::string name;
  crypto::KeyType type;
};
void PrintTo(const Parent& parent, std::ostream* out) { *out << parent.name; }

TPM2B_PUBLIC template_of(crypto::KeyType type) {
  TPM2B_PUBLIC area = storage_parent_template();
  if (type == crypto::KeyType::ec_p384) area.publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
  if (type == crypto::KeyType::rsa) {
    area.publicArea.type = TPM2_ALG_RSA;
    area.publicArea.parameters = {};
    auto& rsa = area.publicArea.parameters.rsaDetail;
    rsa.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};
    rsa.scheme.scheme = TPM2_ALG_NULL;
    rsa.keyBits = 2048;
  }
  return area;
}

class Tpm2Callbacks : public ::testing::TestWithParam<Parent> {
 protected:
  void SetUp() override {
    auto tcti = Tcti::open("libtpms");
    ASSERT_TRUE(tcti) << tcti.error().text();
    auto opened = EsysContext::open(*std::move(tcti));
    ASSERT_TRUE(opened) << opened.error().text();
    esys = std::make_unique<EsysContext>(*std::move(opened));
    const TPM2B_PUBLIC area = template_of(GetParam().type);
    TPM2B_SENSITIVE_CREATE sensitive{};
    sensitive.sensitive.userAuth = {.size = 6, .buffer = {'s', 'e', 'c', 'r', 'e', 't'}};
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION creation_pcrs{};
    ASSERT_EQ(
        Esys_CreatePrimary(esys->get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                           &area, &outside, &creation_pcrs, &parent, nullptr, nullptr, nullptr, nullptr),
        TSS2_RC_SUCCESS);
  }

  // Salted under the parent, with AES-128-CFB in both directions.
  ESYS_TR start_session() {
    const TPMT_SYM_DEF aes{.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};
    constexpr TPMA_SESSION kAttributes = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
    ESYS_TR session = ESYS_TR_NONE;
    EXPECT_EQ(Esys_StartAuthSession(esys->get(), parent, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                    nullptr, TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256, &session),
              TSS2_RC_SUCCESS);
    EXPECT_EQ(Esys_TRSess_SetAttributes(esys->get(), session, kAttributes, kAttributes), TSS2_RC_SUCCESS);
    return session;
  }

  // A child of the parent, made inside the session: its authorization value goes to the TPM encrypted.
  TSS2_RC create_child(ESYS_TR session) {
    const auto area = tls_key_template(crypto::KeyType::ec_p256, {});
    const TPM2B_SENSITIVE_CREATE sensitive{};
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION creation_pcrs{};
    TPM2B_PRIVATE* wrapped = nullptr;
    TPM2B_PUBLIC* made = nullptr;
    const TSS2_RC code = Esys_Create(esys->get(), parent, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &*area,
                                     &outside, &creation_pcrs, &wrapped, &made, nullptr, nullptr, nullptr);
    const EsysOwned<TPM2B_PRIVATE> wrapped_owner(wrapped);
    const EsysOwned<TPM2B_PUBLIC> made_owner(made);
    return code;
  }

  void set_authorization(std::string_view value) {
    TPM2B_AUTH authorization{};
    ASSERT_TRUE(assign(authorization.size, authorization.buffer, as_bytes(value), "test value"));
    ASSERT_EQ(Esys_TR_SetAuth(esys->get(), parent, &authorization), TSS2_RC_SUCCESS);
  }

  std::unique_ptr<EsysContext> esys;
  ESYS_TR parent = ESYS_TR_NONE;
};

TEST_P(Tpm2Callbacks, ProtectASession) {
  set_authorization("secret");
  const ESYS_TR session = start_session();
  EXPECT_EQ(create_child(session), TSS2_RC_SUCCESS);
  EXPECT_EQ(create_child(session), TSS2_RC_SUCCESS);
}

TEST_P(Tpm2Callbacks, DoNotWeakenASession) {
  set_authorization("wrong!");
  const ESYS_TR session = start_session();
  const auto refused = check(create_child(session), "TPM2_Create");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
  set_authorization("secret");
  EXPECT_EQ(create_child(session), TSS2_RC_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Parents, Tpm2Callbacks,
                         ::testing::Values(Parent{"p256", crypto::KeyType::ec_p256},
                                           Parent{"p384", crypto::KeyType::ec_p384},
                                           Parent{"rsa2048", crypto::KeyType::rsa}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(Tpm2Salt, RefusesAPointOffTheCurve) {
  void* const crypto = const_cast<CachedCrypto*>(CachedCrypto::instance());
  ASSERT_NE(crypto, nullptr);
  TPM2B_PUBLIC area = storage_parent_template();
  auto& point = area.publicArea.unique.ecc;
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
  const auto good = key->public_key().ec_point();
  ASSERT_TRUE(assign(point.x.size, point.x.buffer, good->x, "x"));
  ASSERT_TRUE(assign(point.y.size, point.y.buffer, good->y, "y"));
  TPM2B_ECC_PARAMETER z{};
  TPMS_ECC_POINT q{};
  BYTE out[256];
  std::size_t size = 0;
  EXPECT_EQ(get_ecdh_point(&area, sizeof out, &z, &q, out, &size, crypto), TSS2_RC_SUCCESS);
  EXPECT_EQ(z.size, 32);
  point.y.buffer[31] ^= 1;
  EXPECT_NE(get_ecdh_point(&area, sizeof out, &z, &q, out, &size, crypto), TSS2_RC_SUCCESS);
}

}  // namespace
}  // namespace credence::rot::tpm2
