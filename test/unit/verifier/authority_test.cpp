// authorized-by holds against who signed the CoRIM.
#include "verifier/store/authority.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "rats/corim/corim.h"
#include "verifier/store/content.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;

struct Signer {
  crypto::PrivateKey key = test::make_key();
  crypto::Certificate certificate = crypto::self_sign(key, {.common_name = "signer",
                                                            .dns_names = {},
                                                            .not_before = test::kNow - Seconds(1000),
                                                            .not_after = test::kNow + Seconds(1000)})
                                        .value();
  [[nodiscard]] rats::CryptoKey pem() const {
    return {.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key.public_key().pem()))};
  }
};

rats::Corim authorized_by(const EvidenceMaker& maker, const rats::CryptoKey& authority) {
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  for (rats::Comid& comid : corim.comids)
    for (rats::ReferenceTriple& triple : comid.reference_values)
      for (rats::Measurement& measurement : triple.measurements) measurement.authorized_by = {authority};
  return corim;
}

Bytes sign(const rats::Corim& corim, const Signer& signer) {
  return rats::sign_corim(corim, {.name = "S", .uri = {}, .validity = {}}, signer.key, {&signer.certificate, 1})
      .value();
}

TEST(Authority, IsWhoSignedTheCorim) {
  const EvidenceMaker maker;
  const Signer signer, other;
  const rats::Corim corim = authorized_by(maker, signer.pem());
  const auto store = memory_store();
  const auto foreign = store->submit(corim, sign(corim, other));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::unauthorized);
  EXPECT_EQ(foreign.error().path, "reference-triples.authorized-by");
  const auto unsigned_one = store->submit(corim, rats::encode_corim(corim).value());
  ASSERT_FALSE(unsigned_one);
  EXPECT_NE(unsigned_one.error().why.find("not signed"), std::string::npos);
  EXPECT_TRUE(store->submit(corim, sign(corim, signer)));
}

TEST(Authority, OfEveryKindOfStatementIsChecked) {
  const rats::CryptoKey authority{rats::kTagBytes, {1}};
  rats::Measurement measurement;
  measurement.values.name = "n";
  measurement.authorized_by = {authority};
  const rats::ReferenceTriple triple{.environment = {}, .measurements = {measurement}};
  rats::Comid comids[4];
  comids[0].reference_values = {triple};
  comids[1].endorsed_values = {triple};
  comids[2].conditional_endorsements.emplace_back().endorsements = {triple};
  comids[3].conditional_series.emplace_back().series.emplace_back().addition = {measurement};
  const CorimSignerIdentity signer{.key_digest = {}, .serial = {}, .issuer = {}, .authority = authority};
  for (const rats::Comid& comid : comids) {
    EXPECT_TRUE(check_authorities(comid, signer));
    EXPECT_EQ(check_authorities(comid, std::nullopt).error().code, Errc::unauthorized);
  }
  // In a condition it is asked for, not claimed.
  rats::Comid condition;
  condition.conditional_endorsements.emplace_back().conditions = {triple};
  EXPECT_TRUE(check_authorities(condition, std::nullopt));
}

TEST(Submission, NamesItsSigner) {
  const EvidenceMaker maker;
  const Signer signer;
  const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const auto identity = signer_of(sign(corim, signer)).value();
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->issuer, "CN=signer");
  EXPECT_FALSE(identity->serial.empty());
  EXPECT_EQ(identity->key_digest,
            to_bytes(crypto::digest(crypto::HashAlgorithm::sha256, signer.certificate.spki()).value().view()));
  EXPECT_FALSE(signer_of(rats::encode_corim(corim).value()).value());
  EXPECT_FALSE(signer_of(Bytes{0xd2, 0x00}));
}

}  // namespace
}  // namespace credence::verifier
