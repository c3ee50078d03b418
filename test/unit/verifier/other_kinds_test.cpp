// Evidence and tags of kinds that this verifier does not read: refused as that, whatever they are called.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "evidence/dice/chain.h"
#include "fixture.h"
#include "support/vectors.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

using std::filesystem::path;

const std::string kCoev = "corim/veraison-corim/coev";

std::vector<path> files_below(const path& folder) {
  std::vector<path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

TEST(OtherKinds, AreRefusedUnderTheirOwnTypes) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::string ratsd = R"(application/eat-ucs+json; eat_profile="tag:github.com,2025:veraison/ratsd/cmw")";
  const std::string nvidia = "veraison/schemes/nvidia/blackwell-evidence.json";
  for (const auto& [type, file] : std::vector<std::pair<std::string, std::string>>{
           {"application/vnd.veraison.nvidia-gpu-evidence+json", nvidia},
           {ratsd, nvidia},
           {"application/ce+cbor", kCoev + "/testcases/ce-evidence.cbor"},
           {"application/ce+cbor", kCoev + "/tdx/testcases/ce-qe-evidence.cbor"}}) {
    const rats::Ear ear =
        test::engine_over(memory_store())
            .appraise(
                {.media_type = type, .evidence = test::read_file(root / file), .challenge = Nonce(Bytes(32, 0x11))})
            .value();
    EXPECT_FALSE(ear.is_affirming()) << file;
    ASSERT_EQ(ear.submodules.size(), 1U) << file;
    test::expect_problem(ear.submodules.begin()->second, Errc::unsupported, "no scheme takes evidence of type " + type);
  }
}

// A chain of certificates is one, whatever it was made for; it then ends at no root that is endorsed.
bool has_certificates(const Bytes& octets) { return as_text(octets).contains("-----BEGIN CERTIFICATE-----"); }

TEST(OtherKinds, AreRefusedUnderEveryTypeThatIsRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::vector<std::string> types = test::engine_over(memory_store()).media_types();
  ASSERT_FALSE(types.empty());
  std::vector<path> files;
  for (const std::string& folder :
       {kCoev, std::string("dice/dmtf-spdm-emu"), std::string("dice/project-oak-oak"),
        std::string("dice/veraison-dice/open"), std::string("nitro"), std::string("nvidia"), std::string("tdx"),
        std::string("tpm"), std::string("veraison/schemes/nvidia"),
        // What a paravisor of Azure hands out around a report of SEV-SNP or TDX, with a quote of its virtual TPM.
        std::string("snp/confidential-attestation-rs/test_data/az_snp"),
        std::string("snp/confidential-trustee/az-snp-vtpm"), std::string("snp/kinvolk-azure-cvm-tooling")})
    std::ranges::copy(files_below(root / folder), std::back_inserter(files));
  // What a guest of SEV-SNP is started with, and is no report.
  for (const std::string name : {"test_auth_block.bin", "test_auth_sig.bin", "test_id_sig.bin"})
    files.push_back(root / "snp/virtee-sev" / name);
  for (const path& file : files) {
    const Bytes octets = test::read_file(file);
    for (const std::string& type : types) {
      if (type == evidence::dice::kPemChain && has_certificates(octets)) continue;
      EXPECT_FALSE(find_scheme(type)->decode(type, octets)) << file << " as " << type;
    }
  }
  EXPECT_GT(files.size(), 370U);
}

TEST(OtherKinds, AreNoCorims) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t count = 0;
  for (const path& file : files_below(root / kCoev)) {
    if (file.extension() != ".cbor") continue;
    test::expect_refused(rats::decode_corim(test::read_file(file)), Errc::unexpected_type,
                         "expected a CoRIM (tag 501), got tag 571");
    ++count;
  }
  EXPECT_EQ(count, 6U);
}

// A list of trust anchors is no reference value: a CoRIM that carries one says more than would be acted on.
TEST(OtherKinds, OfTagsAreRefusedWithTheirCorim) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const test::EvidenceMaker maker;
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  test::provision(*memory_store(), corim);
  const Bytes cots = test::read_file(root / "corim/veraison-cocli/cmd/testcases/test-cots.cbor");
  EXPECT_FALSE(rats::decode_corim(cots));
  corim.other_tags = {{507, cots}};
  const Bytes octets = rats::encode_corim(corim).value();
  const auto read = rats::decode_corim(octets);
  ASSERT_TRUE(read) << read.error().text();
  test::expect_refused(memory_store()->submit(*read, octets), Errc::unsupported, "carries a tag 507");
}

}  // namespace
}  // namespace credence::verifier
