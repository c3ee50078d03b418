#include "verifier/trace.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "fixture.h"
#include "support/enacttrust_node.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;
using Steps = std::vector<Trace::Step>;

const Trace::Step& about(const Steps& steps, std::string_view subject) {
  const auto found =
      std::ranges::find_if(steps, [subject](const Trace::Step& step) { return step.subject.starts_with(subject); });
  if (found == steps.end()) throw std::runtime_error("no step about " + std::string(subject));
  return *found;
}

rats::Ear appraise(const Engine& engine, const EvidenceMaker& maker, bool trace = true) {
  AppraisalRequest request = test::channel_request(maker);
  request.trace = trace;
  return engine.appraise(request).value();
}

TEST(Trace, IsKeptOnlyWhenItIsWanted) {
  Trace unwanted;
  unwanted.add({.subject = "PCR 1"});
  EXPECT_FALSE(unwanted.wanted());
  EXPECT_TRUE(unwanted.take().empty());
  Trace wanted = Trace::recording();
  wanted.add({.subject = "PCR 1", .agrees = true});
  EXPECT_EQ(wanted.take(), (Steps{{.subject = "PCR 1", .agrees = true}}));
}

TEST(Trace, IsBounded) {
  Trace many = Trace::recording();
  for (int i = 0; i < 300; ++i) many.add({.subject = "PCR"});
  const Steps steps = many.take();
  EXPECT_EQ(steps.size(), 257U);
  EXPECT_EQ(steps.back().subject, "44 more comparisons are left out");

  Trace large = Trace::recording();
  for (int i = 0; i < 256; ++i) large.add({.subject = "x", .actual = std::string(5'000, 'a')});
  const Steps cut = large.take();
  EXPECT_EQ(cut.front().actual, std::string(1'024, 'a') + "...");
  EXPECT_LT(cut.size(), 66U);
  EXPECT_TRUE(cut.back().subject.ends_with("more comparisons are left out"));
}

TEST(Trace, IsNotCutWithinACharacter) {
  Trace trace = Trace::recording();
  trace.add({.subject = std::string(1'023, 'a') + "\xe2\x82\xac" + "b"});
  EXPECT_EQ(trace.take().front().subject, std::string(1'023, 'a') + "...");
}

TEST(Trace, OfAGoodAttesterNamesEachComparison) {
  const EvidenceMaker maker;
  const Engine engine = test::engine_over(test::store_for(maker));
  EXPECT_TRUE(appraise(engine, maker, false).credence.trace.empty());
  const rats::Ear ear = appraise(engine, maker);
  ASSERT_TRUE(ear.is_affirming());
  const Steps& steps = ear.credence.trace;
  EXPECT_TRUE(
      std::ranges::all_of(steps, [](const auto& step) { return step.agrees && step.submodule == "PARSEC_TPM"; }));
  EXPECT_TRUE(about(steps, "bound to this challenge").claim.empty());
  EXPECT_TRUE(about(steps, "signed by an endorsed key").claim.empty());

  const rats::Corim values = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const auto& key = about(steps, "attestation key, kid " + to_hex(maker.kid()));
  EXPECT_EQ(key.claim, "instance-identity");
  EXPECT_TRUE(key.source.contains(std::get<std::string>(values.id))) << key.source;
  const auto& pcr = about(steps, "PCR 1 (sha-256)");
  EXPECT_EQ(pcr.claim, "executables");
  EXPECT_EQ(pcr.expected, pcr.actual);
  EXPECT_EQ(pcr.source, std::get<std::string>(values.id));
  EXPECT_EQ(pcr.submission,
            to_hex(crypto::digest(crypto::HashAlgorithm::sha256, test::octets_of(values)).value().view()));
  EXPECT_EQ(about(steps, "PCRs that the quote covers").expected, "at least 0, 1, 2");
}

// Of several CoRIMs the one that says this value is named, and of a value that none says, what was expected instead.
TEST(Trace, NamesTheCorimOfTheValue) {
  EvidenceMaker maker;
  const auto store = test::store_for(maker);
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x55);
  rats::Corim second = evidence::tpm::veraison_corim(maker.endorsement()).value();
  second.id = "second build";
  test::provision(*store, second);
  const Engine engine = test::engine_over(store);
  const rats::Ear good = appraise(engine, maker);
  ASSERT_TRUE(good.is_affirming());
  EXPECT_EQ(about(good.credence.trace, "PCR 1").source, "second build");
  EXPECT_EQ(about(good.credence.trace, "PCR 1").expected, to_hex(Bytes(32, 0x01)) + " or " + to_hex(Bytes(32, 0x55)));

  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99);
  maker.pcrs[evidence::tpm::kAlgSha256][2] = Bytes(32, 0x98);
  const rats::Ear bad = appraise(engine, maker);
  EXPECT_FALSE(bad.is_affirming());
  const auto& wrong = about(bad.credence.trace, "PCR 1");
  EXPECT_FALSE(wrong.agrees);
  EXPECT_EQ(wrong.actual, to_hex(Bytes(32, 0x99)));
  EXPECT_FALSE(wrong.source.empty());
  EXPECT_FALSE(about(bad.credence.trace, "PCR 2").agrees);
  EXPECT_TRUE(about(bad.credence.trace, "PCR 0").agrees);
}

TEST(Trace, OfARefusalSaysWhichStepFailed) {
  const EvidenceMaker maker;
  const Engine engine = test::engine_over(test::store_for(maker));
  AppraisalRequest request = test::channel_request(maker);
  request.trace = true;
  request.challenge = test::binder(Bytes(32, 1));
  const Steps replayed = engine.appraise(request).value().credence.trace;
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_FALSE(replayed.front().agrees);
  EXPECT_TRUE(replayed.front().actual.starts_with("binder_mismatch"));

  EvidenceMaker stranger;
  stranger.attestation_key = test::make_key();
  const Steps unknown = appraise(engine, stranger).credence.trace;
  EXPECT_EQ(about(unknown, "attestation key").actual, "no endorsement names it");
  EXPECT_FALSE(about(unknown, "signed by").agrees);

  request.evidence = {0xa0};
  EXPECT_FALSE(about(engine.appraise(request).value().credence.trace, "form of the evidence").agrees);
}

// What is wrong beside a missing PCR is compared too, and changes nothing in the verdict.
TEST(Trace, NeverChangesTheVerdict) {
  EvidenceMaker maker;
  const Engine engine = test::engine_over(test::store_for(maker));
  maker.pcrs[evidence::tpm::kAlgSha256].erase(2);
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99);
  for (const bool sends_pcrs : {true, false}) {
    maker.sends_pcrs = sends_pcrs;
    rats::Ear with = appraise(engine, maker);
    EXPECT_FALSE(about(with.credence.trace, "PCRs that the quote covers").agrees);
    with.credence.trace.clear();
    EXPECT_EQ(rats::ear_to_json(with), rats::ear_to_json(appraise(engine, maker, false)));
  }
}

TEST(Trace, OfANodeNamesItsDigests) {
  const test::EnacttrustNode node;
  const auto store = memory_store();
  test::provision(*store, node.corim());
  const Bytes nonce(32, 0x11);
  const rats::Ear ear = test::engine_over(store)
                            .appraise({.media_type = std::string(evidence::enacttrust::kMediaType),
                                       .evidence = node.token(nonce),
                                       .challenge = Nonce(nonce),
                                       .trace = true})
                            .value();
  ASSERT_TRUE(ear.is_affirming());
  const auto& digest = about(ear.credence.trace, "digest over all quoted PCRs");
  EXPECT_EQ(digest.expected, digest.actual);
  EXPECT_EQ(digest.source, std::get<std::string>(node.corim().id));
  EXPECT_TRUE(about(ear.credence.trace, "key of node " + node.node.text()).agrees);
}

}  // namespace
}  // namespace credence::verifier
