// Evidence is decoded once for an appraisal, whoever looks at it afterwards: the scheme, a policy, a trace. (Veraison
// decodes it for each of the calls to its plugin.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evidence/cca/token.h"
#include "evidence/enacttrust/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/check.h"
#include "evidence/tpm/check.h"
#include "fixture.h"
#include "support/allocations.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/psa_device.h"
#include "support/snp_machine.h"
#include "under_policy.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

const Bytes kNonce(64, 0x6e);

// Evidence as a whole, or something inside it that has a decoder of its own.
struct Part {
  std::string name;
  std::function<bool()> decode;
};

struct Attester {
  AppraisalRequest request;
  std::shared_ptr<Store> store;
  std::vector<Part> parts;  // within the evidence
};

std::shared_ptr<Store> store_of(const std::vector<rats::Corim>& endorsements) {
  auto store = memory_store();
  for (const rats::Corim& corim : endorsements) test::provision(*store, corim);
  return store;
}

AppraisalRequest about(std::string_view media_type, Bytes evidence) {
  return {.media_type = std::string(media_type), .evidence = std::move(evidence), .challenge = Nonce(kNonce)};
}

Part platform_claims(Bytes payload, const evidence::psa::Profile& profile) {
  return {"claims", [payload = std::move(payload), &profile] {
            return evidence::psa::read_claims(payload, profile).has_value();
          }};
}

Part realm_token(Bytes octets) {
  return {"realm token",
          [octets = std::move(octets)] { return evidence::cca::decode_realm_token(octets).has_value(); }};
}

Attester psa() {
  const test::PsaDevice device;
  Bytes evidence = device.token(kNonce);
  const auto token = evidence::psa::decode_token(evidence).value();
  return {.request = about(evidence::psa::kMediaType, std::move(evidence)),
          .store = store_of({device.corim()}),
          .parts = {platform_claims(token.message.payload, *token.profile)}};
}

Attester cca() {
  const test::CcaDevice device;
  const Bytes platform = device.platform_token(), realm = device.realm_token(kNonce);
  const auto token = evidence::cca::decode_platform_token(platform).value();
  return {.request = about(evidence::cca::kMediaType, device.assemble(platform, realm)),
          .store = store_of({device.platform_corim(), device.realm_corim()}),
          .parts = {platform_claims(token.message.payload, *token.profile), realm_token(realm)}};
}

Attester parsec_cca() {
  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:cca";
  const test::CcaDevice device;
  Bytes evidence = device.bundle(kNonce, test::make_key().public_key());
  const auto bundle = evidence::parsec_cca::decode_bundle(evidence).value();
  // {"kat": kat, "pat": pat}
  const Bytes pat = to_bytes(ByteView(evidence).subspan(1 + 4 + bundle.kat.size() + 4));
  return {.request = about(evidence::parsec_cca::kMediaType, std::move(evidence)),
          .store = store_of({device.platform_corim(profile), device.realm_corim(profile)}),
          .parts = {{"pat", [pat] { return evidence::cca::decode_token(pat).has_value(); }},
                    platform_claims(bundle.pat.platform.message.payload, *bundle.pat.platform.profile)}};
}

Attester parsec_tpm() {
  const test::EvidenceMaker maker;
  evidence::tpm::Bundle bundle = maker.bundle();
  bundle.ext->log = Bytes(12'345);  // a size that nothing else has
  AppraisalRequest request = test::channel_request(maker);
  request.evidence = evidence::tpm::encode_bundle(bundle);
  const Bytes octets = request.evidence;
  return {.request = std::move(request),
          .store = test::store_for(maker),
          .parts = {{"bundle", [octets] { return evidence::tpm::decode_bundle(octets).has_value(); }}}};
}

Attester enacttrust() {
  const test::EnacttrustNode node;
  return {.request = about(evidence::enacttrust::kMediaType, node.token(kNonce)),
          .store = store_of({node.corim()}),
          .parts = {}};
}

Attester riot() {
  const test::DiceDevice device;
  const auto chain = device.with_fresh_leaf(kNonce);
  const crypto::Certificate& alias = chain.at(1);
  return {.request = about(evidence::dice::kPemChain, test::DiceDevice::pem(chain)),
          .store = store_of({device.roots(), device.reference_values()}),
          .parts = {{"TcbInfo", [alias] { return evidence::dice::measurements_of(alias).has_value(); }}}};
}

Attester sevsnp() {
  const test::SnpMachine machine;
  const Bytes report = machine.report(kNonce);
  return {.request = about(evidence::sevsnp::kTsmReportCbor, test::SnpMachine::tsm_report(report, machine.table())),
          .store = store_of({test::SnpMachine::roots(), machine.reference_values()}),
          .parts = {{"report", [report] { return evidence::sevsnp::decode_report(report).has_value(); }}}};
}

struct Kind {
  std::string scheme;
  Attester (*make)();
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.scheme; }

const std::vector<Kind> kKinds = {{"PSA_IOT", psa},
                                  {"ARM_CCA", cca},
                                  {"PARSEC_CCA", parsec_cca},
                                  {"PARSEC_TPM", parsec_tpm},
                                  {"TPM_ENACTTRUST", enacttrust},
                                  {"RIOT", riot},
                                  {"SEVSNP", sevsnp}};

const Scheme& scheme_of(const AppraisalRequest& request) { return *find_scheme(request.media_type); }

Part whole(const AppraisalRequest& request) {
  return {"evidence",
          [request] { return scheme_of(request).decode(request.media_type, request.evidence).has_value(); }};
}

// Evidence on pages of its own, which can be taken away: whoever reads them then does not live to tell.
class Pages {
 public:
  explicit Pages(ByteView octets)
      : size_(octets.size()),
        address_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    EXPECT_NE(address_, MAP_FAILED);
    std::ranges::copy(octets, static_cast<std::uint8_t*>(address_));
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(address_, size_); }

  [[nodiscard]] ByteView view() const { return {static_cast<const std::uint8_t*>(address_), size_}; }
  void take_away() { EXPECT_EQ(mprotect(address_, size_, PROT_NONE), 0); }

 private:
  std::size_t size_;
  void* address_;
};

class DecodeOnce : public testing::TestWithParam<Kind> {
 protected:
  // Each part takes what it takes once, and twice where it is decoded again: else this could not fail.
  void expect_each_part_once(const Engine& engine, const AppraisalRequest& request) {
    bool affirmed = false, decoded = false;
    const auto appraise = [&] { affirmed = engine.appraise(request).value().is_affirming(); };
    appraise();  // what is made once for the whole program is made now
    ASSERT_TRUE(affirmed);
    std::vector<Part> parts = attester.parts;
    parts.push_back(whole(request));
    for (const Part& part : parts) {
      SCOPED_TRACE(part.name);
      const auto decode = [&] { decoded = part.decode(); };
      decode();
      ASSERT_TRUE(decoded);
      const test::Allocations once = test::allocations_of(decode);
      ASSERT_FALSE(once.empty());
      EXPECT_EQ(test::most_times(once, test::allocations_of(appraise)), 1U);
      EXPECT_EQ(test::most_times(once, test::allocations_of([&] {
                                   appraise();
                                   decode();
                                 })),
                2U);
    }
  }

  Attester attester = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Scheme, DecodeOnce, testing::ValuesIn(kKinds),
                         [](const auto& example) { return example.param.scheme; });

TEST(DecodeOnceKinds, AreAllThatThereAre) {
  std::vector<std::string_view> tested, known;
  for (const Kind& kind : kKinds) tested.push_back(kind.scheme);
  for (const Scheme* scheme : schemes()) known.push_back(scheme->name());
  EXPECT_THAT(tested, testing::UnorderedElementsAreArray(known));
  for (const Kind& kind : kKinds) EXPECT_EQ(scheme_of(kind.make().request).name(), kind.scheme);
}

TEST_P(DecodeOnce, ForTheScheme) { expect_each_part_once(test::engine_over(attester.store), attester.request); }

TEST_P(DecodeOnce, ForATrace) {
  attester.request.trace = true;
  expect_each_part_once(test::engine_over(attester.store), attester.request);
}

TEST_P(DecodeOnce, ForAPolicy) {
  const std::string rules = "local seen = 0\nfor _ in pairs(evidence) do seen = seen + 1 end\nadded_claims.seen = seen";
  const Engine engine = test::engine_under(rules, GetParam().scheme, attester.store);
  const rats::Ear ear = engine.appraise(attester.request).value();
  EXPECT_GT(ear.submodules.begin()->second.policy_claims.at("seen").as_int64(), 0);
  expect_each_part_once(engine, attester.request);
}

TEST_P(DecodeOnce, AndItsOctetsAreNotReadAgain) {
  const AppraisalRequest& request = attester.request;
  const Scheme& scheme = scheme_of(request);
  Pages pages(request.evidence);
  const auto decoded = scheme.decode(request.media_type, pages.view());
  ASSERT_TRUE(decoded) << decoded.error().text();
  Evidence& evidence = **decoded;
  pages.take_away();
  EXPECT_DEATH(static_cast<void>(scheme.decode(request.media_type, pages.view())), "");

  Trace trace = Trace::recording();
  Endorsements endorsements(*attester.store, scheme, test::kNow, trace);
  ASSERT_TRUE(evidence.check_challenge(request.challenge, {}));
  ASSERT_TRUE(evidence.authenticate(endorsements, {}));
  const Appraised appraised = evidence.appraise(endorsements, {});
  for (const Appraised::Submodule& submodule : appraised.submodules)
    EXPECT_FALSE(submodule.problem) << submodule.problem->text();
  EXPECT_FALSE(evidence.identity().keys.empty());
  EXPECT_FALSE(evidence.claims().value().empty());
  EXPECT_FALSE(evidence.stated().empty());
  EXPECT_EQ(evidence.attested_key().has_value(), GetParam().scheme.starts_with("PARSEC_"));
}

}  // namespace
}  // namespace credence::verifier
