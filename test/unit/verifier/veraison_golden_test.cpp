// Veraison's own evidence and endorsements for PARSEC_TPM: kat and pat over the nonce as it is, an AK without a Name.
#include <gtest/gtest.h>

#include <ostream>

#include "fixture.h"
#include "support/vectors.h"

namespace credence::verifier {
namespace {

const std::filesystem::path kFolder = "parsec/veraison-services/parsec-tpm";

rats::Ear appraise(const std::filesystem::path& root, Challenge challenge, Policy policy) {
  const Bytes octets = test::read_file(root / kFolder / "corim-parsec-tpm-valid.cbor");
  const auto store = memory_store();
  const auto stored = store->submit(rats::decode_corim(octets).value(), octets);
  EXPECT_TRUE(stored) << stored.error().text();
  return test::engine_over(store, std::move(policy))
      .appraise({.media_type = std::string(evidence::kParsecTpm),
                 .evidence = test::read_file(root / kFolder / "evidence.cbor"),
                 .challenge = std::move(challenge)})
      .value();
}

const Nonce kNonce(Bytes{0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef});

TEST(VeraisonGolden, IsAffirmedInCompatibilityMode) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Ear ear = appraise(root, kNonce, {.compatibility = true});
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.credence.compatibility_mode, true);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.ueid->size(), 33U);
  EXPECT_EQ(test::submodule(ear).attested_key->size(), 91U);
}

// veraison/services issue 447: there, any nonce is affirmed.
TEST(VeraisonGolden, IsRefusedWithAnyOtherNonce) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const Bytes& other : {Bytes{0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xee}, Bytes(32, 0), Bytes(8, 0)}) {
    const rats::Ear ear = appraise(root, Nonce(other), {.compatibility = true});
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(test::submodule(ear), Errc::nonce_mismatch, "another challenge");
  }
}

TEST(VeraisonGolden, IsRefusedWithoutCompatibilityMode) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Ear ear = appraise(root, kNonce, {});
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(test::submodule(ear), Errc::wrong_purpose, "compatibility mode");
}

struct BadCorim {
  std::string name;
  Errc code{};
  std::string why;
};
void PrintTo(const BadCorim& bad, std::ostream* out) { *out << bad.name; }

class VeraisonBadCorim : public testing::TestWithParam<BadCorim> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, VeraisonBadCorim,
    testing::Values(BadCorim{"class-id", Errc::unexpected_type, "environment.class.id: expected a UUID"},
                    BadCorim{"instance", Errc::unexpected_type, "environment.instance: expected bytes"},
                    BadCorim{"no-class", Errc::missing_member, "class is missing"},
                    BadCorim{"no-pcr", Errc::missing_member, "mkey is missing"}),
    [](const auto& example) {
      std::string name = example.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_P(VeraisonBadCorim, IsRefusedWithItsCause) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Bytes octets = test::read_file(root / kFolder / ("corim-parsec-tpm-bad-" + GetParam().name + ".cbor"));
  const auto corim = rats::decode_corim(octets);
  ASSERT_TRUE(corim) << corim.error().text();
  test::expect_refused(memory_store()->submit(*corim, octets), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
