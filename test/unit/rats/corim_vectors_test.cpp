// CoRIMs and CoMIDs made by others. Whether a CoRIM follows its profile is the verifier's question: the "bad" ones of
// the schemes are well formed, and are read here.
#include <gtest/gtest.h>

#include <map>

#include "corim_bytes.h"
#include "rats/corim/corim.h"
#include "sign/jose/jwk.h"
#include "support/octet_changes.h"
#include "support/ordered_diagnostic.h"
#include "vector_files.h"

namespace credence::rats {
namespace {

enum class Expected : std::uint8_t { revision_10, older, older_only, refused };

// older_only: it has identifiers that revision 10 cannot express.
void check_corim(const Bytes& octets, Expected expected, const std::string& what) {
  const auto read = decode_corim(octets);
  ASSERT_EQ(read.has_value(), expected != Expected::refused) << what << ": " << (read ? "" : read.error().text());
  if (!read) return;
  EXPECT_EQ(read->legacy, expected != Expected::revision_10) << what;
  const auto written = encode_corim(*read);
  ASSERT_EQ(written.has_value(), expected != Expected::older_only) << what;
  if (!written) return;
  const auto again = decode_corim(*written);
  ASSERT_TRUE(again) << what << ": " << again.error().text();
  EXPECT_FALSE(again->legacy) << what;
  EXPECT_EQ(encode_corim(*again).value(), *written) << what;
}

Expected expected_of(const std::map<std::string, Expected, std::less<>>& exceptions, const std::string& file) {
  const auto found = exceptions.find(file);
  return found == exceptions.end() ? Expected::revision_10 : found->second;
}

TEST(CorimVectors, OfVeraisonsSchemesAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t count = 0;
  for (const std::string_view scheme : {"arm-cca", "psa-iot", "riot", "sevsnp", "tpm-enacttrust"}) {
    const auto folder = root / "veraison/schemes" / scheme / "corim";
    for (const std::string& file : test::files_below(folder, {".cbor"})) {
      check_corim(test::read_file(folder / file), Expected::revision_10, file);
      ++count;
    }
  }
  EXPECT_EQ(count, 34U);
}

TEST(CorimVectors, OfVeraisonsLibraryStoreAndParsecAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::map<std::string, Expected, std::less<>> exceptions{
      {"veraison-cocli/data/corim/unsigned-corim.cbor", Expected::older},
      {"integration/endorsements/corim-enacttrust-badta.cbor", Expected::older},
  };
  std::size_t count = 0;
  const auto check_folder = [&](const std::filesystem::path& base, std::string_view folder) {
    for (const std::string& file : test::files_below(base / folder, {".cbor"})) {
      if (file.ends_with("evidence.cbor")) continue;
      const std::string name = (std::filesystem::path(folder) / file).string();
      check_corim(test::read_file(base / name), expected_of(exceptions, name), name);
      ++count;
    }
  };
  check_folder(root / "corim", "veraison-cocli/data/corim");
  check_folder(root / "corim", "veraison-corim/corim/testcases");
  check_folder(root / "corim", "veraison-corim/profiles/cca");
  check_folder(root / "corim", "veraison-corim/profiles/psa");
  check_folder(root / "veraison", "corim-store");
  check_folder(root / "veraison", "integration/endorsements");
  check_folder(root / "parsec", "veraison-services");
  EXPECT_EQ(count, 20U);
}

TEST(CorimVectors, ComidsAreReadInsideACorim) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::map<std::string, Expected, std::less<>> exceptions{
      {"veraison-cocli/cmd/testcases/psa-refval-orig.cbor", Expected::older},
      {"veraison-cocli/cmd/testcases/psa-refval.cbor", Expected::older},
      {"veraison-cocli/cmd/testcases/test-comid.cbor", Expected::older},
      {"veraison-cocli/data/comid/1.cbor", Expected::older_only},
      {"veraison-cocli/data/comid/comid-cca-mult-refval.cbor", Expected::older},
      {"veraison-cocli/data/comid/comid-cca-refval.cbor", Expected::older},
      {"veraison-cocli/data/comid/comid-psa-iakpub.cbor", Expected::older},
  };
  std::size_t count = 0;
  for (const std::string_view folder : {"veraison-cocli/cmd/testcases", "veraison-cocli/data/comid",
                                        "veraison-corim/comid/testcases", "veraison-corim/profiles/tdx"}) {
    for (const std::string& file : test::files_below(root / "corim" / folder, {".cbor"})) {
      // Beside the CoMIDs: signed CoRIMs, a CoSWID and a CoTS.
      if (!file.contains("comid") && !file.contains("refval") && file != "1.cbor") continue;
      const std::string name = (std::filesystem::path(folder) / file).string();
      check_corim(test::hex(test::corim(to_hex(test::read_file(root / "corim" / name)))), expected_of(exceptions, name),
                  name);
      ++count;
    }
  }
  EXPECT_EQ(count, 22U);
}

TEST(CorimVectors, ConditionsAndLinksOfVeraisonsComidsAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto read = [&](std::string_view file) {
    const Bytes comid = test::read_file(root / "corim/veraison-corim/comid/testcases" / file);
    return decode_corim(test::hex(test::corim(to_hex(comid)))).value().comids.at(0);
  };
  const Comid conditional = read("comid-cend.cbor");
  ASSERT_EQ(conditional.conditional_endorsements.size(), 1U);
  EXPECT_EQ(conditional.conditional_endorsements[0].conditions.size(), 2U);
  EXPECT_EQ(conditional.conditional_endorsements[0].conditions[0].measurements.at(0).authorized_by.size(), 1U);
  EXPECT_TRUE(conditional.conditional_endorsements[0].endorsements.at(0).measurements.at(0).values.raw_value->mask);
  const Comid series = read("comid-cond-endorse-series.cbor");
  ASSERT_EQ(series.conditional_series.size(), 1U);
  EXPECT_FALSE(series.conditional_series[0].series.empty());
  const Comid domains = read("comid-domain-mem.cbor");
  EXPECT_EQ(domains.memberships.size(), 3U);
  EXPECT_EQ(domains.linked_tags.size(), 1U);
  const Comid registers = read("comid-integrity-registers.cbor");
  EXPECT_FALSE(registers.reference_values.at(0).measurements.at(0).values.integrity_registers.empty());
  for (const Comid& comid : {conditional, series, domains, registers}) EXPECT_TRUE(comid.other_triples.empty());
}

TEST(CorimVectors, ExamplesOfTheDraftAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/ietf-rats-wg-draft-ietf-rats-corim/examples";
  std::size_t count = 0;
  for (const std::string& file : test::files_below(folder, {".diag"})) {
    // What a verifier keeps (test/unit/verifier/intrep_test.cpp), and a CMW.
    if (file.starts_with("intrep") || file == "cmw-corim-collection.diag") continue;
    const Bytes octets = test::Diagnostic::encode(test::read_text(folder / file));
    check_corim(file.starts_with("comid") ? test::hex(test::corim(to_hex(octets))) : octets, Expected::revision_10,
                file);
    ++count;
  }
  EXPECT_EQ(count, 19U);
}

TEST(CorimVectors, ParsecTpmHasItsReferenceValuesAndKey) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Corim read =
      decode_corim(test::read_file(root / "parsec/veraison-services/parsec-tpm/corim-parsec-tpm-valid.cbor")).value();
  EXPECT_EQ(read.profile, "tag:github.com/parallaxsecond,2023-03-03:tpm");
  ASSERT_EQ(read.comids.size(), 2U);
  const ReferenceTriple& values = read.comids[0].reference_values.at(0);
  EXPECT_EQ(values.measurements.size(), 3U);
  EXPECT_EQ(values.measurements[2].key, MeasurementKey(std::uint64_t{2}));
  EXPECT_EQ(hash_of(values.measurements[2].values.digests.at(1)), crypto::HashAlgorithm::sha384);
  const KeyTriple& key = read.comids[1].attestation_keys.at(0);
  EXPECT_EQ(key.environment.class_map, values.environment.class_map);
  EXPECT_EQ(key.environment.instance->tag, kTagBytes);
  EXPECT_EQ(key.environment.instance->value.size(), 33U);
  EXPECT_EQ(public_key_of(key.keys.at(0)).value().type(), crypto::KeyType::ec_p256);
}

TEST(CorimVectors, OldAttestationKeysAreFoundAndUsable) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const std::string_view file : {"1.cbor", "comid-psa-iakpub.cbor"}) {
    const Bytes comid = test::read_file(root / "corim/veraison-cocli/data/comid" / file);
    const Comid read = decode_corim(test::hex(test::corim(to_hex(comid)))).value().comids.at(0);
    ASSERT_EQ(read.attestation_keys.size(), 2U) << file;
    for (const KeyTriple& triple : read.attestation_keys) EXPECT_TRUE(public_key_of(triple.keys.at(0))) << file;
  }
}

TEST(CorimVectors, SignedByCocliAreReadAndVerify) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/veraison-cocli/cmd/testcases";
  json::Object jwk = json::parse(test::read_text(folder / "ec-p256.pub.jwk")).value().as_object();
  ASSERT_EQ(jose::key_from_jwk(jwk).error().path, "use");  // the file says that the key is for encryption
  jwk.erase("use");
  const auto key = jose::key_from_jwk(jwk).value();
  const auto good = decode_signed_corim(test::read_file(folder / "signed-corim-valid.cbor"));
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_EQ(good->signer.name, "ACME Ltd signing key");
  EXPECT_EQ(good->signer.uri, "https://acme.example");
  EXPECT_TRUE(good->signer.validity);
  EXPECT_TRUE(good->corim.legacy);
  test::expect_changes_refused(test::read_file(folder / "signed-corim-valid.cbor"),
                               [&](const Bytes& changed) {
                                 const auto read = decode_signed_corim(changed);
                                 return read && cose::verify(read->message, key);
                               },
                               {test::kLowestBit, test::kHighestBit});
  EXPECT_EQ(verify_signed_corim(*good, {}, Timestamp{}).error().code, Errc::untrusted_chain);  // it has no x5chain
  const auto bad = decode_signed_corim(test::read_file(folder / "signed-corim-invalid.cbor"));
  EXPECT_EQ(bad.error().code, Errc::missing_member);
  EXPECT_EQ(bad.error().path, "payload");
}

TEST(CorimVectors, SignedByTheStoreVerifiesWithItsChain) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/corim-store";
  const Bytes good = test::read_file(folder / "signed-with-cert-cca-ref-realm.cose");
  const SignedCorim corim = decode_signed_corim(good).value();
  EXPECT_EQ(corim.signer.name, "corim-tool");
  EXPECT_FALSE(corim.corim.legacy);
  const auto anchor = crypto::Certificate::from_der(test::read_file(folder / "certs/root.cert.der")).value();
  const auto leaf = crypto::Certificate::from_der(corim.message.protected_headers.x5chain.at(0)).value();
  const Result<void> verified = verify_signed_corim(corim, {&anchor, 1}, leaf.not_before());
  EXPECT_TRUE(verified) << verified.error().text();
  EXPECT_FALSE(verify_signed_corim(corim, {&anchor, 1}, leaf.not_after() + Seconds(1)));
  EXPECT_FALSE(verify_signed_corim(corim, {}, leaf.not_before()));
  test::expect_changes_refused(good,
                               [&](const Bytes& changed) {
                                 const auto read = decode_signed_corim(changed);
                                 return read && verify_signed_corim(*read, {&anchor, 1}, leaf.not_before());
                               },
                               {test::kLowestBit, test::kHighestBit});
}

}  // namespace
}  // namespace credence::rats
