#include "edge/bundle.h"

#include <gtest/gtest.h>

#include "../verifier/fixture.h"
#include "coserv_over_store.h"
#include "edge/answer.h"
#include "edge/bundle_appraiser.h"
#include "edge/bundle_maker.h"
#include "edge/offline.h"
#include "support/dice_device.h"
#include "support/ordered_diagnostic.h"
#include "verifier/scheme/parsec_tpm/scheme.h"
#include "verifier/scheme/riot/scheme.h"

namespace credence::edge {
namespace {

using test::CoservOverStore;
using test::EvidenceMaker;
using test::kNow;
namespace tpm = evidence::tpm;

const std::string kService = "https://verifier.example";

class BundleTest : public testing::Test {
 protected:
  BundleTest() {
    for (const rats::Corim& corim :
         {tpm::veraison_corim(maker.endorsement()).value(), tpm::keys_corim(maker.endorsement()).value()})
      EXPECT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  }
  [[nodiscard]] static rats::Class the_class() {
    rats::Class made;
    made.id = rats::TaggedBytes{rats::kTagUuid, to_bytes(EvidenceMaker::class_id().octets)};
    return made;
  }
  [[nodiscard]] BundleSubject subject() const {
    return {.scheme = &verifier::parsec_tpm_scheme(),
            .classes = {the_class()},
            .instances = {{rats::kTagBytes, maker.kid()}}};
  }
  [[nodiscard]] Bundle make(BundleSubject of) const {
    auto made = make_bundle(*service, kService, {std::move(of)}, *clock);
    EXPECT_TRUE(made) << made.error().text();
    return made ? made->bundle : Bundle{};
  }
  [[nodiscard]] Bundle make() const { return make(subject()); }
  [[nodiscard]] auto open(const Bundle& bundle) const { return OfflineAnswers::open(bundle, options, clock->now()); }
  [[nodiscard]] Result<rats::Ear> appraise(const Bundle& bundle, const EvidenceMaker& of) const {
    TRY(auto answers, open(bundle));
    return appraise(*bundle_appraiser(std::move(answers), {}, clock), of);
  }
  [[nodiscard]] static Result<rats::Ear> appraise(verifier::Appraiser& appraiser, const EvidenceMaker& of) {
    std::optional<Result<rats::Ear>> verdict;
    appraiser.appraise(test::channel_request(of), [&](auto result) { verdict = std::move(result); });
    return verdict.value_or(fail(Errc::internal, "no verdict"));
  }

  EvidenceMaker maker;
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<test::MovingClock> clock = std::make_shared<test::MovingClock>(kNow);
  std::shared_ptr<CoservOverStore> service = std::make_shared<CoservOverStore>(store, clock);
  OfflineOptions options{.trust = service->trust()};
};

TEST_F(BundleTest, IsWrittenAndReadBack) {
  const Bundle bundle = make();
  const Bytes octets = encode_bundle(bundle).value();
  const Bundle read = decode_bundle(octets).value();
  EXPECT_EQ(read.service, kService);
  EXPECT_EQ(read.made, kNow);
  EXPECT_EQ(read.until, kNow + Seconds(3'600));
  ASSERT_EQ(read.results.size(), bundle.results.size());
  EXPECT_EQ(read.results[0].octets, bundle.results[0].octets);
  EXPECT_EQ(encode_bundle(read).value(), octets);
}

TEST_F(BundleTest, AppraisesWithoutAService) {
  const Bundle bundle = make();
  service->is_down = true;
  clock->advance(Seconds(100));
  const auto verdict = appraise(bundle, maker);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(verdict->is_affirming());
  ASSERT_FALSE(verdict->credence.warnings.empty());
  EXPECT_TRUE(verdict->credence.warnings.back().contains("offline bundle, made 2026-09-21T14:13:20.000Z (100 s ago)"))
      << verdict->credence.warnings.back();
}

TEST_F(BundleTest, AffirmsNothingThatTheVerifierRefuses) {
  const Bundle bundle = make();
  EvidenceMaker other = maker;
  other.pcrs[tpm::kAlgSha256][1] = Bytes(32, 9);
  test::expect_problem(test::submodule(appraise(bundle, other).value()), Errc::pcr_mismatch, "");
  other = maker;
  other.quote_extra_data = Bytes(32, 1);
  test::expect_problem(test::submodule(appraise(bundle, other).value()), Errc::binder_mismatch, "");
}

TEST_F(BundleTest, SaysWhatItDoesNotSayAnythingAbout) {
  const Bundle bundle = make();
  EvidenceMaker other = maker;
  other.attestation_key = test::make_key();
  test::expect_refused(appraise(bundle, other), Errc::not_found, "does not say anything about trust anchors of");
}

TEST_F(BundleTest, HoldsAllInstancesOfAClassWhenTheyAreWanted) {
  BundleSubject all = subject();
  all.instances.clear();
  EXPECT_FALSE(appraise(make(all), maker));
  all.all_instances = true;
  EXPECT_TRUE(appraise(make(all), maker)->is_affirming());
  test::expect_refused(make_bundle(*service, kService, {{.scheme = &verifier::parsec_tpm_scheme()}}, *clock),
                       Errc::usage, "at least one class or instance");
}

// Whose devices they are no chain says: the roots are asked for with whatever layers the bundle is for.
TEST_F(BundleTest, HoldsWhatDiceChainsNeed) {
  const test::DiceDevice device;
  for (const rats::Corim& corim : {device.roots(), device.reference_values()})
    ASSERT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  const auto bundle_for = [&](const std::string& vendor) {
    return make({.scheme = &verifier::riot_scheme(),
                 .classes = {{.id = {}, .vendor = vendor, .model = {}, .layer = {}, .index = {}}}});
  };
  const Bytes nonce(32, 0x99);
  const auto appraise_chain = [&](const Bundle& bundle) {
    std::optional<Result<rats::Ear>> verdict;
    bundle_appraiser(open(bundle).value(), {}, clock)
        ->appraise({.media_type = std::string(evidence::dice::kPemChain),
                    .evidence = test::DiceDevice::pem(device.with_fresh_leaf(nonce)),
                    .challenge = Nonce(nonce)},
                   [&](auto result) { verdict = std::move(result); });
    return verdict.value_or(fail(Errc::internal, "no verdict"));
  };
  const auto good = appraise_chain(bundle_for(device.vendor));
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  test::expect_refused(appraise_chain(bundle_for("Another")), Errc::not_found, "does not say anything about");
}

// A layer's number is that of any maker's layers.
TEST_F(BundleTest, OfDiceNeitherFailsNorEndsWithWhatOtherMakersSay) {
  const test::DiceDevice device;
  const auto submit = [&](rats::Corim corim, const std::string& id, const rats::Class& layer, std::size_t values) {
    corim.id = id;
    corim.comids[0].id = id;
    corim.comids[0].reference_values[0].environment.class_map = layer;
    corim.comids[0].reference_values.resize(values, corim.comids[0].reference_values[0]);
    ASSERT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  };
  const rats::Class of_device{.id = {}, .vendor = device.vendor, .model = {}, .layer = 1, .index = {}};
  const rats::Class of_another{.id = {}, .vendor = "Another", .model = {}, .layer = 1, .index = {}};
  const rats::Class of_any_maker{.id = {}, .vendor = {}, .model = {}, .layer = 1, .index = {}};
  const auto make_for = [&](const rats::Class& named) {
    return make_bundle(*service, kService, {{.scheme = &verifier::riot_scheme(), .classes = {named}}}, *clock);
  };
  submit(device.reference_values(), "of the device", of_device, 1);
  rats::Corim ends_soon = device.reference_values();
  ends_soon.validity = rats::Validity{.not_before = {}, .not_after = kNow + Seconds(60)};
  submit(ends_soon, "of another maker", of_another, 1);
  const MadeBundle unrelated = make_for(of_device).value();
  EXPECT_EQ(unrelated.bundle.until, kNow + Seconds(3'600));
  EXPECT_TRUE(unrelated.left_out.empty());

  // What names no maker may hold for the device, and ends with the bundle.
  submit(ends_soon, "of any maker", of_any_maker, 1);
  const MadeBundle related = make_for(of_device).value();
  EXPECT_EQ(related.bundle.until, kNow + Seconds(60));
  EXPECT_EQ(related.bundle.results.size(), unrelated.bundle.results.size());

  submit(device.reference_values(), "very many", of_another, 4'097);
  const MadeBundle made = make_for(of_device).value();
  ASSERT_EQ(made.left_out.size(), 1U);
  EXPECT_TRUE(made.left_out[0].contains("layer")) << made.left_out[0];
  EXPECT_EQ(made.bundle.until, kNow + Seconds(3'600));
  test::expect_refused(make_for(of_any_maker), Errc::too_large, "more than 4096");
}

TEST_F(BundleTest, IsNotUsedPastItsEnd) {
  const Bundle bundle = make();
  const auto appraiser = bundle_appraiser(open(bundle).value(), {}, clock);
  clock->advance(Seconds(3'599));
  ASSERT_TRUE(appraise(*appraiser, maker)->is_affirming());
  clock->advance(Seconds(1));
  test::expect_refused(appraise(*appraiser, maker), Errc::expired, "(3600 s ago), good until");
  test::expect_refused(open(bundle), Errc::expired, "expected a bundle that is good now");
}

TEST_F(BundleTest, IsNotUsedBeyondTheAgeThatIsAllowed) {
  const Bundle bundle = make();
  options.max_age = Seconds(60);
  clock->advance(Seconds(60));
  ASSERT_TRUE(open(bundle));
  clock->advance(Seconds(1));
  test::expect_refused(open(bundle), Errc::expired, "expected a bundle that is at most 60 s old, got one made");
  // The time that is signed counts, not the one of the file.
  Bundle young = bundle;
  young.made = clock->now();
  for (auto& entry : young.results) entry.received = clock->now();
  EXPECT_FALSE(open(young));
}

// The file says when it was made, too, and nobody signed that.
TEST_F(BundleTest, HasNoAgeThatCouldBeLimitedWithoutASignedTime) {
  Bundle bundle = make();
  for (auto& entry : bundle.results) {
    const rats::Coserv message = rats::verify_coserv(entry.octets, options.trust.keys).value();
    entry.octets = rats::sign_coserv(message.query, message.results, service->key, {}).value();
  }
  ASSERT_TRUE(open(bundle));
  options.max_age = Seconds(60);
  test::expect_refused(open(bundle), Errc::stale, "expected a result that says when it was made");
  EXPECT_TRUE(open(make()));
}

TEST_F(BundleTest, IsRefusedWhenItWasAltered) {
  const Bundle good = make();
  ASSERT_TRUE(open(good));
  struct Case {
    void (*change)(Bundle&);
    Errc code;
    std::string_view part;
  };
  for (const auto& [change, code, part] :
       {Case{[](Bundle& b) { b.until += Seconds(3'600); }, Errc::invalid_value, "the bundle was altered"},
        Case{[](Bundle& b) { b.results[0].octets.back() ^= 1; }, Errc::untrusted_verifier, "none of the pinned keys"},
        Case{[](Bundle& b) { b.results.push_back(b.results[0]); }, Errc::duplicate_key, "another result answers"},
        Case{[](Bundle& b) { b.results[0].octets = {0xa0}; }, Errc::untrusted_verifier, "that is signed"}}) {
    Bundle altered = good;
    change(altered);
    test::expect_refused(open(altered), code, part);
  }
  options.trust.keys = {test::make_key().public_key()};
  test::expect_refused(open(good), Errc::untrusted_verifier, "none of the pinned keys");
  options.trust.keys.clear();
  test::expect_refused(open(good), Errc::configuration, "pinned key");
}

// A result that is taken out must not take a refusal with it.
TEST_F(BundleTest, WithoutTheDenyListIsOfNoUse) {
  Bundle bundle = make();
  ASSERT_TRUE(appraise(bundle, maker)->is_affirming());
  bundle.results.pop_back();
  test::expect_refused(appraise(bundle, maker), Errc::not_found, "deny-list");
}

TEST_F(BundleTest, MadeInTheFutureIsRefused) {
  const Bundle bundle = make();
  clock->advance(-Seconds(31));
  test::expect_refused(open(bundle), Errc::stale, "check the clock");
}

TEST(BundleFormat, RefusesWhatIsNone) {
  using test::Diagnostic;
  const auto with = [](std::string_view members) {
    return Diagnostic::encode(std::string(R"({0: "tag:credence.example,2026:coserv-bundle", 1: "u", )") +
                              std::string(members) + "}");
  };
  ASSERT_TRUE(decode_bundle(with("2: 1, 3: 2, 4: [[1, h'01']]")));
  struct Case {
    std::string_view members;
    Errc code;
    std::string_view part;
  };
  for (const auto& [members, code, part] : {Case{"2: 1, 3: 2", Errc::missing_member, "results (4)"},
                                            Case{"2: 1, 3: 2, 4: []", Errc::missing_member, "at least one result"},
                                            Case{"2: 1, 3: 2, 4: [[1]]", Errc::invalid_value, "results.[0]"},
                                            Case{"2: 1, 3: 2, 4: [[1, h'', 1]]", Errc::invalid_value, "results.[0]"},
                                            Case{"2: 1, 3: -2, 4: [[1, h'']]", Errc::unexpected_type, "until"},
                                            Case{"2: 999999999999, 3: 2, 4: [[1, h'']]", Errc::invalid_value, "made"},
                                            Case{"2: 1, 3: 2, 4: [[1, h'']], 5: 0", Errc::unsupported, "number 5"}})
    test::expect_refused(decode_bundle(with(members)), code, part);
  test::expect_refused(decode_bundle(Diagnostic::encode(R"({0: "t", 1: "u", 2: 1, 3: 2, 4: [[1, h'']]})")),
                       Errc::unsupported, "type: expected");
  test::expect_exact_length(with("2: 1, 3: 2, 4: [[1, h'01']]"), [](ByteView input) { return decode_bundle(input); });
  const BundleLimits one{.results = 1};
  EXPECT_TRUE(decode_bundle(with("2: 1, 3: 2, 4: [[1, h'01']]"), one));
  test::expect_refused(decode_bundle(with("2: 1, 3: 2, 4: [[1, h'01'], [1, h'02']]"), one), Errc::too_large,
                       "at most 1 results");
}

TEST(BundleFormat, HasOneEncoding) {
  const Bytes good = test::Diagnostic::encode(
      R"({0: "tag:credence.example,2026:coserv-bundle", 1: "u", 2: 1, 3: 2, 4: [[1, h'01']]})");
  ASSERT_TRUE(decode_bundle(good));
  const Bytes other = test::Diagnostic::encode(
      R"({1: "u", 0: "tag:credence.example,2026:coserv-bundle", 2: 1, 3: 2, 4: [[1, h'01']]})");
  EXPECT_EQ(decode_bundle(other).error().code, Errc::not_deterministic);
}

}  // namespace
}  // namespace credence::edge
