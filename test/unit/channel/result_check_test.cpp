#include "channel/result_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "in_memory.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;

const Bytes kLeaf{1, 2, 3};
const Bytes kInstance(33, 0x01);

rats::Ear good_ear(Timestamp now, const evidence::Binder& binder) {
  rats::Ear ear;
  ear.issued_at = now;
  ear.issuer = "https://verifier.example";
  ear.nonce = to_bytes(binder.view());
  ear.ueid = kInstance;
  ear.verifier_developer = "Credence";
  ear.verifier_build = "1";
  rats::Submodule module;
  module.status = rats::Tier::affirming;
  module.attested_key = kLeaf;
  ear.submodules.emplace("PARSEC_TPM", std::move(module));
  return ear;
}

struct Case {
  std::string title;
  Errc code = Errc::internal;
  std::string part;
  std::function<void(rats::Ear&)> spoil;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.title; }

class Result : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] credence::Result<PeerAppraisal> checked(rats::Ear ear) const {
    return check_result(std::move(ear), {.demands = demands, .binder = binder, .leaf_spki = kLeaf, .now = now});
  }

  Timestamp now = test_time();
  evidence::Binder binder = evidence::Binder::from_wire(crypto::Digest::zeros(crypto::HashAlgorithm::sha256));
  Demands demands{.appraiser = nullptr,
                  .pin = {.instances = {Kid(ByteView(kInstance))}, .names = {}},
                  .verifier_developer = "Credence",
                  .verifier_issuer = "https://verifier.example"};
};

TEST_P(Result, IsRefusedWithTheReason) {
  rats::Ear ear = good_ear(now, binder);
  ASSERT_TRUE(checked(ear)) << "the good case is accepted";
  GetParam().spoil(ear);
  expect_refused(checked(std::move(ear)), GetParam().code, GetParam().part);
}

using Ear = rats::Ear;
INSTANTIATE_TEST_SUITE_P(
    ResultCheck, Result,
    testing::Values(
        Case{"UnknownProfile", Errc::unsupported, "eat_profile", [](Ear& ear) { ear.profile = "tag:other"; }},
        Case{"NoVerifier", Errc::untrusted_verifier, "got none", [](Ear& ear) { ear.verifier_developer.clear(); }},
        Case{"OtherVerifier", Errc::untrusted_verifier, "got Mallory",
             [](Ear& ear) { ear.verifier_developer = "Mallory"; }},
        Case{"OtherIssuer", Errc::untrusted_verifier, "got https://VERIFIER.example",
             [](Ear& ear) { ear.issuer = "https://VERIFIER.example"; }},
        Case{"NoIssuer", Errc::untrusted_verifier, "iss", [](Ear& ear) { ear.issuer.reset(); }},
        Case{"Warning", Errc::not_affirming, "warning",
             [](Ear& ear) { ear.submodules.begin()->second.status = rats::Tier::warning; }},
        Case{"None", Errc::not_affirming, "none",
             [](Ear& ear) { ear.submodules.begin()->second.status = rats::Tier::none; }},
        Case{"NoSubmodule", Errc::not_affirming, "none", [](Ear& ear) { ear.submodules.clear(); }},
        Case{"OneOfTwoSubmodules", Errc::not_affirming, "contraindicated",
             [](Ear& ear) { ear.submodules["other"].status = rats::Tier::contraindicated; }},
        Case{"ForAChallenge", Errc::wrong_purpose, "challenge", [](Ear& ear) { ear.credence.purpose = "challenge"; }},
        Case{"CompatibilityMode", Errc::wrong_purpose, "compatibility",
             [](Ear& ear) { ear.credence.compatibility_mode = true; }},
        Case{"TestRoot", Errc::test_root_refused, "proves nothing", [](Ear& ear) { ear.credence.test_root = true; }},
        Case{"NoNonce", Errc::nonce_mismatch, "got none", [](Ear& ear) { ear.nonce.reset(); }},
        Case{"OtherNonce", Errc::nonce_mismatch, "binder", [](Ear& ear) { ear.nonce->back() = 1; }},
        Case{"ShorterNonce", Errc::nonce_mismatch, "binder", [](Ear& ear) { ear.nonce->pop_back(); }},
        Case{"NoKey", Errc::key_mismatch, "another key or for none",
             [](Ear& ear) { ear.submodules.begin()->second.attested_key.reset(); }},
        Case{"OtherKey", Errc::key_mismatch, "another key",
             [](Ear& ear) { ear.submodules.begin()->second.attested_key = Bytes{1, 2, 4}; }},
        Case{"OtherConfirmationKey", Errc::key_mismatch, "another key",
             [](Ear& ear) { ear.confirmation_key = Bytes{1, 2, 4}; }},
        Case{"TooOld", Errc::stale, "iat", [](Ear& ear) { ear.issued_at -= std::chrono::seconds(301); }},
        Case{"FromTheFuture", Errc::stale, "iat", [](Ear& ear) { ear.issued_at += std::chrono::seconds(301); }},
        Case{"Expired", Errc::expired, "exp", [](Ear& ear) { ear.expires = ear.issued_at; }},
        Case{"NoInstance", Errc::wrong_peer, "names none", [](Ear& ear) { ear.ueid.reset(); }},
        Case{"OtherInstance", Errc::wrong_peer, "expected instance", [](Ear& ear) { ear.ueid->back() = 2; }}),
    [](const auto& one) { return one.param.title; });

TEST_F(Result, WarnsOnceOfEachThing) {
  rats::Ear ear = good_ear(now, binder);
  ear.credence.software_tpm = true;
  ear.credence.unknown_tpm_maker = true;
  ear.credence.hazard_allowed = true;
  EXPECT_EQ(checked(ear)->warnings.size(), 3U);  // the claims alone
  ear.credence.warnings = {"software TPM: it proves the plumbing, not the machine",
                           "unknown TPM maker: no EK certificate vouches for this TPM",
                           "the guest can be debugged; CoRIM x allows it"};
  EXPECT_EQ(checked(ear)->warnings, ear.credence.warnings);
}

TEST(Attachment, IsCheckedBeforeItIsUsed) {
  const Device device;
  const auto appraiser = std::make_shared<TestAppraiser>();
  const auto with = [&](auto&& change) {
    Attachment made = attachment(demand(device, appraiser), device.offer());
    change(made);
    return check(made);
  };
  EXPECT_TRUE(with([](Attachment&) {}));
  EXPECT_TRUE(with([](Attachment& made) { made.demands->pin = {.instances = {}, .names = {}, .any_of_class = true}; }));
  expect_refused(with([](Attachment& made) { made.demands->pin = {}; }), Errc::configuration, "demands.pin");
  expect_refused(with([](Attachment& made) { made.demands->pin.any_of_class = true; }), Errc::configuration, "both");
  expect_refused(with([](Attachment& made) { made.demands->pin.names = {"a.example"}; }), Errc::configuration,
                 "proves no name");
  expect_refused(with([](Attachment& made) { made.demands->least_binding = Binding::session; }), Errc::configuration,
                 "least_binding");
  expect_refused(with([](Attachment& made) { made.demands->least_binding = Binding::none; }), Errc::configuration,
                 "least_binding");
  expect_refused(with([](Attachment& made) { made.demands->appraiser.reset(); }), Errc::configuration, "appraiser");
  expect_refused(with([](Attachment& made) { made.offer->attester.reset(); }), Errc::configuration, "attester");
  expect_refused(with([](Attachment& made) { made.clock.reset(); }), Errc::configuration, "clock");
  expect_refused(with([](Attachment& made) { made.extension_type = 43; }), Errc::configuration, "private-use");
  expect_refused(with([](Attachment& made) {
                   made.demands.reset();
                   made.offer.reset();
                 }),
                 Errc::configuration, "nothing to attach");
}

TEST(Attach, RefusesWhatCannotWork) {
  const Device device;
  const Device other;
  const ContextPtr without_certificate(SSL_CTX_new(TLS_method()));
  expect_refused(attach(without_certificate.get(), attachment({}, device.offer())), Errc::configuration,
                 "no certificate");
  const ContextPtr other_certificate = other.context(TLS_method());
  expect_refused(attach(other_certificate.get(), attachment({}, device.offer())), Errc::configuration,
                 "not for the attester's TLS key");
  const ContextPtr tls12 = device.context(TLS_method());
  SSL_CTX_set_min_proto_version(tls12.get(), 0);
  SSL_CTX_set_max_proto_version(tls12.get(), TLS1_2_VERSION);
  expect_refused(attach(tls12.get(), attachment({}, device.offer())), Errc::configuration, "TLS 1.3");
  const ContextPtr sha384 = device.context(TLS_method());
  ASSERT_EQ(SSL_CTX_set_ciphersuites(sha384.get(), "TLS_AES_256_GCM_SHA384"), 1);
  device.attester->only = crypto::HashAlgorithm::sha256;
  expect_refused(attach(sha384.get(), attachment({}, device.offer())), Errc::configuration, "cipher suites");
  const ContextPtr good = device.context(TLS_method());
  EXPECT_TRUE(attach(good.get(), attachment({}, device.offer())));
  expect_refused(attach(good.get(), attachment({}, device.offer())), Errc::configuration, "attached already");
}

}  // namespace
}  // namespace credence::channel
