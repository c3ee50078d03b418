// Reports of real machines, each with the verdict that it deserves at its own time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <tuple>
#include <type_traits>

#include "crypto/certificate_fields.h"
#include "evidence/sevsnp/check.h"
#include "fixture.h"
#include "support/octet_changes.h"
#include "support/snp_machine.h"
#include "support/vectors.h"
#include "under_policy.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

namespace snp = evidence::sevsnp;
using std::filesystem::path;
using test::SnpMachine;

const std::string kScheme = "SEVSNP";

struct Vector {
  std::string name;
  std::string report;
  std::size_t offset = 0;  // of the report in the file
  std::string vek;         // the first certificate of the file
  std::string product = "milan";
  std::optional<Errc> refused = std::nullopt;     // with reference values that allow all that the report says
  std::optional<Errc> by_default = std::nullopt;  // with none that allow anything; unset: as above
  std::string why = "";
};
void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.name; }

const std::string kRs = "snp/confidential-attestation-rs/test_data/";
const std::string kExtracted = "snp/extracted/";
const std::string kRoutex = "snp/veehaitch-routex-client-lua/";
const std::string kOak = "snp/project-oak-oak/testdata/";
const std::string kMicrosoft = "snp/microsoft-tee-attestation-verification/src/crypto/test_data/";

// SMT is on in all of them, so that none is affirmed by default.
const std::vector<Vector> kVectors = {
    {"MilanV2", kRs + "snp/test-report.bin", 0, kRs + "snp/test-vcek.der"},
    {"MilanOfAzure", kRs + "az_snp/hcl-report.bin", 32, kRs + "az_snp/vcek.pem"},
    {"MilanVlek", kRs + "snp/test-vlek-report.bin", 0, kRs + "snp/test-vlek.der", "milan", {}, {}, "VMPL other than 0"},
    {"MilanOfCmc", kExtracted + "cmc_snp_validReport.bin", 0, kExtracted + "cmc_snp_validVcek.pem"},
    {"MilanV2Again", kExtracted + "routex_Verify_Milan_2.bin", 0, "snp/virtee-sev/vcek_milan.der"},
    {"MilanV3", kExtracted + "routex_attestation_spec_2.bin", 0, kRoutex + "vcek-chain-milan.pem"},
    {"MilanOfMicrosoft", kMicrosoft + "milan_attestation_report.bin", 0, kMicrosoft + "milan_vcek.pem"},
    {"MilanOfOak", kOak + "milan_oc_release_evidence.binarypb", 8, kRoutex + "vcek-chain-milan.pem"},
    {"MilanInDebug",
     "snp/google-go-sev-guest/attestation.bin",
     0,
     "snp/google-go-sev-guest/vcek.testcer",
     "milan",
     {},
     {},
     "the guest is debuggable"},
    {"GenoaV5", kExtracted + "routex_attestation_spec_0.bin", 0, kRoutex + "vcek-chain-genoa-v5.pem", "genoa"},
    {"TurinV5", kExtracted + "routex_Verify_Turin_3.bin", 0, kRoutex + "vcek-chain-turin.pem", "turin"},
    {"TurinOfOak", kOak + "turin_oc_evidence.binarypb", 8, kRoutex + "vcek-chain-turin.pem", "turin"},
    {"AnotherSignature", kExtracted + "cmc_snp_invalidReportSignature.bin", 0, kExtracted + "cmc_snp_validVcek.pem",
     "milan", Errc::bad_signature, Errc::bad_signature},
    // Issued for Genoa, and Turin by its own word.
    {"KeyOfTwoProducts", kExtracted + "routex_attestation_spec_1.bin", 0, kExtracted + "routex_vcek_spec_0.bin",
     "genoa", Errc::missing_member, Errc::missing_member, "1.3.6.1.4.1.3704.1.3.9"},
    {"KeyOfAnotherChip", kRs + "snp/test-report.bin", 0, kRs + "snp/test-vcek-invalid-legacy.der", "milan",
     Errc::untrusted_chain, Errc::untrusted_chain},
    {"NoVcek", kExtracted + "cmc_snp_validReport.bin", 0, kExtracted + "cmc_snp_invalidVcek.pem", "milan",
     Errc::missing_member, Errc::missing_member, "has no extension"},
};

crypto::Certificate first_certificate(const path& file) {
  const Bytes octets = test::read_file(file);
  if (!as_text(octets).contains("-----BEGIN")) return crypto::Certificate::from_der(octets).value();
  return crypto::certificates_from_pem(as_text(octets)).value().front();
}

rats::Corim root_of(const crypto::Certificate& ark) {
  rats::Corim corim = SnpMachine::roots();
  const crypto::NameParts names = crypto::subject_parts(ark);
  rats::KeyTriple& triple = corim.comids[0].attestation_keys[0];
  triple.environment.class_map->vendor = names.organization;
  triple.environment.class_map->model = names.common_name;
  triple.keys[0].value = to_bytes(as_bytes(ark.pem()));
  return corim;
}

// Approves this report's measurement, and all states that it is in if `all`.
rats::Corim values_of(const snp::Report& report, bool all) {
  SnpMachine machine;
  machine.measurement = report.measurement;
  rats::Corim corim = machine.reference_values();
  auto& measurements = corim.comids[0].reference_values[0].measurements;
  measurements[1] = SnpMachine::svn(647, report.reported_tcb, false);
  if (!all) return corim;
  const auto octets = [](std::uint64_t value, std::size_t size) {
    Bytes big_endian(size);
    for (std::size_t i = size; i > 0; --i, value >>= 8) big_endian[i - 1] = static_cast<std::uint8_t>(value);
    return big_endian;
  };
  measurements.push_back(SnpMachine::raw(2, octets(report.policy, 8)));
  measurements.push_back(SnpMachine::raw(5, octets(report.vmpl, 4)));
  measurements.push_back(SnpMachine::raw(7, octets(report.platform_info, 8)));
  return corim;
}

class SevSnpVector : public testing::TestWithParam<Vector> {
 protected:
  void SetUp() override {
    const auto found = test::vectors_root();
    if (!found) GTEST_SKIP() << "test vectors not found: set CREDENCE_VECTORS to their folder to run this test";
    root_ = *found;
    const Vector& vector = GetParam();
    const Bytes file = test::read_file(root_ / vector.report);
    report = to_bytes(ByteView(file).subspan(vector.offset, std::min(file.size() - vector.offset, snp::kReportSize)));
    const auto vek = first_certificate(root_ / vector.vek);
    const path authorities = root_ / "snp/confidential-attestation-rs/certs/amd" / vector.product;
    const bool vlek = crypto::subject_parts(vek).common_name == "SEV-VLEK";
    ark.emplace(first_certificate(authorities / "ark.der"));
    entries = {{vlek ? SnpMachine::kVlek : SnpMachine::kVcek, vek},
               {SnpMachine::kAsk, first_certificate(authorities / (vlek ? "asvk.der" : "ask.der"))},
               {SnpMachine::kArk, *ark}};
    at = vek.not_before() + std::chrono::days(1);
  }

  // An engine whose reference values allow all that the report says, or its measurement alone.
  Engine engine(bool all) const {
    const auto store = memory_store();
    test::provision(*store, root_of(*ark));
    test::provision(*store, values_of(snp::decode_report(report).value(), all));
    return test::engine_over(store, {}, at);
  }
  rats::Ear appraise(const Engine& with, ByteView the_report) const {
    return with
        .appraise({.media_type = std::string(snp::kTsmReportCbor),
                   .evidence = SnpMachine::tsm_report(the_report, SnpMachine::table_of(entries)),
                   .challenge = Nonce(ByteView(report).subspan(0x50, 64))})
        .value();
  }
  rats::Ear appraise(ByteView the_report, bool all) const { return appraise(engine(all), the_report); }

  void expect(const rats::Ear& ear, std::optional<Errc> refused, std::string_view why) {
    EXPECT_EQ(ear.is_affirming(), !refused) << testing::PrintToString(ear.problems());
    if (refused) test::expect_problem(ear.submodules.at(kScheme), *refused, why);
  }

  path root_;
  Bytes report;
  SnpMachine::Entries entries;
  std::optional<crypto::Certificate> ark;
  Timestamp at{};
};
INSTANTIATE_TEST_SUITE_P(All, SevSnpVector, testing::ValuesIn(kVectors),
                         [](const auto& example) { return example.param.name; });

TEST_P(SevSnpVector, GetsItsVerdict) {
  const Vector& vector = GetParam();
  expect(appraise(report, true), vector.refused, vector.refused ? vector.why : "");
  expect(appraise(report, false), vector.by_default.value_or(Errc::not_affirming), vector.why);
}

// One test for each mask: each is a few thousand chains of RSA-4096.
class SevSnpVectorChange : public SevSnpVector {
 protected:
  void expect_refused_with(std::uint8_t mask) {
    if (GetParam().refused) GTEST_SKIP() << "it is refused as it is";
    const Engine with = engine(true);
    test::expect_changes_refused(report, [&](const Bytes& changed) { return appraise(with, changed).is_affirming(); },
                                 {mask});
  }
};
INSTANTIATE_TEST_SUITE_P(All, SevSnpVectorChange, testing::ValuesIn(kVectors),
                         [](const auto& example) { return example.param.name; });

TEST_P(SevSnpVectorChange, OfTheLowestBitIsRefused) { expect_refused_with(test::kLowestBit); }
TEST_P(SevSnpVectorChange, OfTheHighestBitIsRefused) { expect_refused_with(test::kHighestBit); }

// No certificate of these machines is known.
TEST(SevSnpVectors, AreReadWhereNoKeyIsKnown) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const auto& [file, offset] :
       std::vector<std::pair<std::string, std::size_t>>{{kExtracted + "routex_Verify_Genoa_1.bin", 0},
                                                        {kOak + "genoa_oc_evidence.binarypb", 8},
                                                        {kOak + "milan_rk_release_evidence.binarypb", 8},
                                                        {"snp/kinvolk-azure-cvm-tooling/hcl-report-snp.bin", 32}}) {
    const Bytes octets = test::read_file(root / file);
    const auto report = snp::decode_report(ByteView(octets).subspan(offset, snp::kReportSize));
    EXPECT_TRUE(report) << file << ": " << report.error().text();
  }
  const Bytes hex = from_hex(test::read_text(root / "snp/virtee-sev/report_milan.hex").substr(0, 2368)).value();
  EXPECT_EQ(hex, test::read_file(root / "snp/extracted/routex_Verify_Milan_2.bin"));
  test::expect_refused(snp::decode_report(test::read_file(root / "snp/extracted/cmc_snp_invalidReportData.bin")),
                       Errc::too_large, "got 1216");
}

TEST(SevSnpVectors, CompareTheNonceAndTheMeasurement) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const path folder = root / "snp/extracted";
  const auto report = snp::decode_report(test::read_file(folder / "cmc_snp_validReport.bin")).value();
  EXPECT_EQ(report.report_data, test::read_file(folder / "cmc_snp_validNonce.bin"));
  EXPECT_NE(report.report_data, test::read_file(folder / "cmc_snp_invalidNonce.bin"));
  EXPECT_EQ(report.measurement, test::read_file(folder / "cmc_snp_validMeasurement.bin"));
  EXPECT_NE(report.measurement, test::read_file(folder / "cmc_snp_invalidMeasurement.bin"));
}

// There a root is pinned by its fingerprint, here by its certificate.
TEST(SevSnpVectors, KnowTheRootByItsOctets) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const path folder = root / "snp/extracted";
  const auto ark = first_certificate(folder / "cmc_snp_arkMilan.pem");
  const auto fingerprint = crypto::digest(crypto::HashAlgorithm::sha256, ark.der()).value();
  EXPECT_EQ(to_bytes(fingerprint.view()), test::read_file(folder / "cmc_snp_validFingerprints.bin"));
  EXPECT_NE(to_bytes(fingerprint.view()), test::read_file(folder / "cmc_snp_invalidFingerprints.bin"));
  EXPECT_TRUE(equal(
      ark.der(), first_certificate(root / (kRs.substr(0, kRs.find("test_data")) + "certs/amd/milan/ark.der")).der()));
}

// --- Veraison's own ---

class SevSnpOfVeraison : public testing::TestWithParam<std::pair<std::string, std::string>> {};
INSTANTIATE_TEST_SUITE_P(All, SevSnpOfVeraison,
                         testing::Values(std::pair{"tsm-report.cbor", std::string(snp::kTsmReportCbor)},
                                         std::pair{"tsm-report.json", std::string(snp::kTsmReportJson)},
                                         std::pair{"ratsd-token", std::string(snp::kRatsdToken)}),
                         [](const auto& example) { return "Form" + std::to_string(example.index); });

const Bytes kVeraisonNonce = to_bytes(as_bytes("MIDBNH28iioisjPyxxxxxxxxxxxxxxxxMIDBNH28iioisjPyxxxxxxxxxxxxxxxx"));

TEST_P(SevSnpOfVeraison, IsAffirmedForItsNonce) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const path folder = root / "veraison/schemes/sevsnp";
  const Bytes evidence = test::read_file(folder / ("evidence/sevsnp-" + GetParam().first));
  const Bytes octets = test::read_file(folder / "corim/corim-sevsnp-valid.cbor");
  rats::Corim corim = rats::decode_corim(octets).value();
  const auto statements = snp::decode_statements(GetParam().second, evidence).value();
  const Timestamp at = statements.vek.certificate.not_before() + std::chrono::days(1);
  const auto store_of = [&](const rats::Corim& first) {
    auto store = memory_store();
    EXPECT_TRUE(store->submit(first, octets));
    if (first.comids.size() == 1) test::provision(*store, values_of(statements.report, true));
    return store;
  };
  const auto request_of = [&](Bytes nonce) {
    return AppraisalRequest{
        .media_type = GetParam().second, .evidence = evidence, .challenge = Nonce(std::move(nonce))};
  };
  const auto appraise = [&](const rats::Corim& first, Bytes nonce) {
    return test::engine_over(store_of(first), {}, at).appraise(request_of(std::move(nonce))).value();
  };

  // Its reference values are of another machine: CHIP_ID, PLATFORM_INFO, CURRENT_TCB and VERSION differ, which Veraison
  // does not compare.
  const rats::Ear other = appraise(corim, kVeraisonNonce);
  EXPECT_FALSE(other.is_affirming());
  for (const std::string_view field : {"CHIP_ID", "PLATFORM_INFO", "CURRENT_TCB", "VERSION"})
    test::expect_problem(other.submodules.at(kScheme), Errc::not_affirming, field);

  std::erase_if(corim.comids, [](const rats::Comid& comid) { return comid.attestation_keys.empty(); });
  const rats::Ear ear = appraise(corim, kVeraisonNonce);
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_THAT(ear.credence.warnings, testing::ElementsAre(testing::HasSubstr("multithreading")));

  // Veraison's own claims, but for the identifier that it makes anew each time, and the profile that it has set since.
  // A result takes tables of eight levels, and a CoMID has more.
  const rats::Ear under_policy = test::engine_under(
                                     "local triple = evidence.triples[\"reference-values\"][1]\n"
                                     "added_claims.tags = evidence.tags\n"
                                     "added_claims[\"corim-id\"] = evidence[\"corim-id\"]\n"
                                     "added_claims.profile = evidence.profile.value\n"
                                     "added_claims.measurement = evidence.measurement\n"
                                     "added_claims.class = triple.environment.class.id.value\n"
                                     "added_claims.count = #triple.measurements\n"
                                     "added_claims.first = triple.measurements[1]\n",
                                     kScheme, store_of(corim), {}, at)
                                     .appraise(request_of(kVeraisonNonce))
                                     .value();
  EXPECT_TRUE(under_policy.is_affirming()) << testing::PrintToString(under_policy.problems());
  const json::Object& seen = under_policy.submodules.at(kScheme).policy_claims;
  const json::Value expected = json::parse(test::read_text(folder / "evidence/sevsnp-ratsd-claims.json")).value();
  EXPECT_EQ(seen.at("corim-id"), expected.at("corim-id"));
  const auto tag_of = [](const json::Value& claims) {
    Bytes tag = from_base64(claims.at("tags").at(0).as_string()).value();
    std::fill_n(tag.begin() + 18, 16, std::uint8_t{0});
    return to_hex(tag);
  };
  EXPECT_EQ(tag_of(seen), tag_of(expected));
  EXPECT_TRUE(seen.at("profile").as_string().ends_with("\"tag:amd.com,2024:snp-corim-profile\""));
  EXPECT_EQ(seen.at("class"), "1.3.6.1.4.1.3704.3.1");
  EXPECT_EQ(seen.at("count"), 21);
  EXPECT_EQ(seen.at("first"),
            (json::Object{{"key", json::Object{{"type", "uint"}, {"value", 0}}},
                          {"value", json::Object{{"version", json::Object{{"value", "3"}, {"scheme", 4}}}}}}));
  EXPECT_EQ(seen.at("measurement"), json::Value(to_hex(statements.report.measurement)));
  const json::Value environment = json::parse(test::read_text(folder / "evidence/sevsnp-ratsd-env.json")).value();
  EXPECT_EQ(environment.at("class").at("id").at("value"), seen.at("class"));
  EXPECT_EQ(environment.at("instance").at("value"), json::Value(to_base64(statements.report.measurement)));

  Bytes nonce = kVeraisonNonce;
  nonce[0] ^= 1;
  test::expect_problem(appraise(corim, nonce).submodules.at(kScheme), Errc::nonce_mismatch, "");
}

// What is signed, or leads to a root: equal if the same is appraised, however it is written.
bool says_the_same(const snp::Statements& one, const snp::Statements& other) {
  const auto same = [](const auto& first, const auto& second) {
    return first.has_value() == second.has_value() && (!first || equal(first->der(), second->der()));
  };
  return one.report.signed_octets == other.report.signed_octets && one.report.r == other.report.r &&
         one.report.s == other.report.s && equal(one.vek.certificate.der(), other.vek.certificate.der()) &&
         same(one.certificates.ask, other.certificates.ask);
}

// One of Veraison's files, and an engine whose reference values allow all that its report says.
class SevSnpFileOfVeraison {
 public:
  SevSnpFileOfVeraison(const path& root, std::string file, std::string type)
      : good(test::read_file(root / "veraison/schemes/sevsnp/evidence" / file)), type_(std::move(type)) {
    rats::Corim corim =
        rats::decode_corim(test::read_file(root / "veraison/schemes/sevsnp/corim/corim-sevsnp-valid.cbor")).value();
    std::erase_if(corim.comids, [](const rats::Comid& comid) { return comid.attestation_keys.empty(); });
    EXPECT_TRUE(store_->submit(corim, to_bytes(as_bytes("roots"))));
    test::provision(*store_, values_of(decode(good)->report, true));
  }

  [[nodiscard]] Result<snp::Statements> decode(const Bytes& evidence) const {
    return snp::decode_statements(type_, evidence);
  }
  [[nodiscard]] bool is_accepted(const Bytes& evidence) const {
    return engine_.appraise({.media_type = type_, .evidence = evidence, .challenge = Nonce(kVeraisonNonce)})
        .value()
        .is_affirming();
  }

  Bytes good;

 private:
  std::string type_;
  std::shared_ptr<Store> store_ = memory_store();
  Engine engine_ = test::engine_over(store_, {}, decode(good)->vek.certificate.not_before() + std::chrono::days(1));
};

// Of the file in CBOR, octet by octet. Its certificates are in PEM, and nobody has signed the table that leads to them.
class SevSnpFileChange : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Part, SevSnpFileChange, testing::Range(std::size_t{0}, std::size_t{8}));

TEST_P(SevSnpFileChange, IsRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const SevSnpFileOfVeraison file(root, "sevsnp-tsm-report.cbor", std::string(snp::kTsmReportCbor));
  const Bytes guid = from_hex(SnpMachine::kArk).value();
  const std::size_t table = as_text(file.good).find(as_text(guid));  // the entry of the ARK is the first
  const auto number = [&](std::size_t at) { return std::size_t{file.good[at]} | std::size_t{file.good[at + 1]} << 8; };
  const test::Unprotected ark = {table, guid.size(),
                                 "the ARK need not be shown, and an entry with another GUID is skipped"};
  std::vector<test::Unprotected> highest = {ark}, lowest = {ark};
  for (std::size_t entry = table; entry < table + std::size_t{3} * 24; entry += 24) {
    const std::size_t offset = number(entry + 16), length = number(entry + 20);
    ASSERT_EQ(length % 2, 1U);
    // OpenSSL passes over every char that is less than a blank.
    const test::Unprotected line_feed = {table + offset + length - 1, 1, "it is behind -----END CERTIFICATE-----"};
    lowest.push_back(line_feed);
    if (std::is_signed_v<char>) highest.push_back(line_feed);
    lowest.push_back({entry + 20, 1, "one octet less: the line feed behind -----END CERTIFICATE-----"});
  }
  const test::Part part{.number = GetParam(), .of = 8};
  const auto accepts = [&](const Bytes& changed) { return file.is_accepted(changed); };
  test::expect_changes_refused(file.good, accepts, {test::kLowestBit}, lowest, part);
  test::expect_changes_refused(file.good, accepts, {test::kHighestBit}, highest, part);
}

// Of the others, which are Base64 once or twice over, the lowest bit of each octet: with the highest one changed they
// are no UTF-8, and so no JSON. One character holds bits of two octets there, so what does not matter is told by what
// is read: the ARK is skipped, a line feed is another blank, ratsd's eat_profile and the name of its eat_nonce are not
// looked at. Everything that is accepted says the same.
struct TextPart {
  std::string file;
  std::string_view type;
  test::Part part;
};
void PrintTo(const TextPart& text, std::ostream* out) { *out << text.file << " part " << text.part.number; }

std::vector<TextPart> parts_of_texts() {
  std::vector<TextPart> all;
  for (const auto& [file, type, parts] : {std::tuple{"sevsnp-tsm-report.json", snp::kTsmReportJson, std::size_t{8}},
                                          std::tuple{"sevsnp-ratsd-token", snp::kRatsdToken, std::size_t{24}}})
    for (std::size_t i = 0; i < parts; ++i) all.push_back({file, type, {.number = i, .of = parts}});
  return all;
}

class SevSnpTextChange : public testing::TestWithParam<TextPart> {};
INSTANTIATE_TEST_SUITE_P(Part, SevSnpTextChange, testing::ValuesIn(parts_of_texts()));

TEST_P(SevSnpTextChange, IsRefusedWhereItSaysAnything) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const SevSnpFileOfVeraison file(root, GetParam().file, std::string(GetParam().type));
  ASSERT_TRUE(file.is_accepted(file.good));
  const snp::Statements statements = file.decode(file.good).value();
  ASSERT_TRUE(statements.certificates.ark);
  const auto [number, of] = GetParam().part;
  const std::size_t begin = file.good.size() * number / of, end = file.good.size() * (number + 1) / of;
  std::size_t refused = 0;
  for (std::size_t i = begin; i < end; ++i) {
    Bytes changed = file.good;
    changed[i] ^= test::kLowestBit;
    if (!file.is_accepted(changed)) {
      ++refused;
      continue;
    }
    const auto decoded = file.decode(changed);
    ASSERT_TRUE(decoded) << "octet " << i;
    EXPECT_TRUE(says_the_same(*decoded, statements)) << "octet " << i;
    EXPECT_TRUE(!decoded->eat_nonce || decoded->eat_nonce == statements.eat_nonce) << "octet " << i;
    EXPECT_TRUE(!decoded->certificates.ark ||
                equal(decoded->certificates.ark->der(), statements.certificates.ark->der()))
        << "octet " << i;
  }
  EXPECT_GT(refused, (end - begin) / 2);
}

TEST(SevSnpVectors, RefuseTheCorimsThatVeraisonRefuses) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::vector<std::tuple<std::string, Errc, std::string>> bad = {
      {"refval-key", Errc::unexpected_type, "mkey: expected an unsigned integer"},
      {"refval-no-key", Errc::missing_member, "mkey is missing"},
      {"ta-no-model", Errc::missing_member, "model is missing"},
      {"ta-no-vendor", Errc::missing_member, "vendor is missing"}};
  for (const auto& [name, code, why] : bad) {
    const Bytes octets =
        test::read_file(root / "veraison/schemes/sevsnp/corim" / ("corim-sevsnp-bad-" + name + ".cbor"));
    test::expect_refused(memory_store()->submit(rats::decode_corim(octets).value(), octets), code, why);
  }
}

}  // namespace
}  // namespace credence::verifier
