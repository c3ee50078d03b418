#include "service/verifier/provisioning_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "service/http/problem.h"
#include "service/verifier/corim_body.h"
#include "support/endorsed.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "verifier/store/memory/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

const std::string kVeraisonType = "application/rim+cbor; profile=\"" + std::string(verifier::kParsecTpmProfile) + "\"";
const std::string kKeysType = "application/rim+cbor; profile=\"" + std::string(verifier::kCredenceTpmKeyProfile) + "\"";
const std::string kSignedType = "application/rim+cose; profile=\"" + std::string(verifier::kParsecTpmProfile) + "\"";

class ProvisioningApiTest : public testing::Test {
 protected:
  ProvisioningApi::Parts parts{.store = verifier::memory_store(),
                               .signers = {.insecure_unsigned = true},  // tests of signatures say otherwise
                               .clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)))};

  [[nodiscard]] http::Response submit(Bytes body, std::string_view content_type = kVeraisonType) const {
    http::Request request;
    request.method = http::Method::post;
    request.target = http::parse_target("/endorsement-provisioning/v1/submit").value();
    if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
    request.body = std::move(body);
    return test::open_router(ProvisioningApi(parts)).handle(std::move(request));
  }

  [[nodiscard]] static std::string status_of(const http::Response& response) {
    EXPECT_EQ(response.status, http::kOk) << response.body;
    EXPECT_EQ(response.headers.front().second, "application/vnd.veraison.provisioning-session+json");
    const json::Value value = json::parse(response.body).value();
    EXPECT_TRUE(value.as_object().contains("expiry"));
    return std::string(value.as_object().at("status").as_string());
  }

  [[nodiscard]] static std::string reason_of(const http::Response& response) {
    return std::string(json::parse(response.body).value().as_object().at("failure-reason").as_string());
  }

  test::EvidenceMaker maker;
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  Bytes octets = rats::encode_corim(corim).value();
};

TEST_F(ProvisioningApiTest, TakesBothFilesOfADevice) {
  EXPECT_EQ(status_of(submit(octets)), "success");
  const Bytes keys = rats::encode_corim(evidence::tpm::keys_corim(maker.endorsement()).value()).value();
  EXPECT_EQ(status_of(submit(keys, kKeysType)), "success");
  const auto anchor = test::trust_anchor(*parts.store, Kid(maker.kid())).value();
  ASSERT_NE(anchor, nullptr);
  EXPECT_TRUE(anchor->record);
}

TEST_F(ProvisioningApiTest, TakesTheOldMediaType) {
  EXPECT_EQ(status_of(submit(octets, "application/corim-unsigned+cbor; profile=\"" +
                                         std::string(verifier::kParsecTpmProfile) + "\"")),
            "success");
}

// Veraison refuses these: the CoRIM says itself what it means.
TEST_F(ProvisioningApiTest, TakesTheProfileOfTheCorimWhereTheMediaTypeHasNone) {
  for (const std::string_view type : {"application/rim+cbor", "application/corim-unsigned+cbor"}) {
    parts.store = verifier::memory_store();
    EXPECT_EQ(status_of(submit(octets, type)), "success") << type;
    EXPECT_NE(test::trust_anchor(*parts.store, Kid(maker.kid())).value(), nullptr) << type;
  }
  parts.store = verifier::memory_store();
  const auto refuse = [&](std::optional<std::string> profile, std::string_view reason) {
    rats::Corim other = corim;
    other.profile = std::move(profile);
    const http::Response refused = submit(rats::encode_corim(other).value(), "application/rim+cbor");
    EXPECT_EQ(status_of(refused), "failed") << reason;
    EXPECT_NE(reason_of(refused).find(reason), std::string::npos) << reason_of(refused);
    EXPECT_EQ(parts.store->generation(), 0U) << reason;
  };
  refuse(std::nullopt, "the CoRIM has no profile");
  refuse("tag:example.com,2026:unknown", "no active plugin found");
}

TEST_F(ProvisioningApiTest, TakesTheProfileOfASignedCorimToo) {
  const test::Endorser endorser(parts.clock->now());
  parts.signers.anchors = {endorser.certificate()};
  const Bytes good = endorser.sign(corim);
  for (const std::string_view type : {"application/rim+cose", "application/corim-signed+cbor"}) {
    parts.store = verifier::memory_store();
    EXPECT_EQ(status_of(submit(good, type)), "success") << type;
  }
  // Without a profile it is still a signed one, and one of these signers: neither is a matter of the profile.
  parts.signers.insecure_unsigned = false;
  parts.store = verifier::memory_store();
  EXPECT_EQ(status_of(submit(octets, "application/rim+cbor")), "failed");
  EXPECT_EQ(status_of(submit(octets, "application/rim+cose")), "failed");
  EXPECT_EQ(parts.store->generation(), 0U);
}

TEST_F(ProvisioningApiTest, TellsADuplicateFromAConflict) {
  EXPECT_EQ(submit(octets).body.find("duplicate"), std::string::npos);
  const http::Response again = submit(octets);
  EXPECT_EQ(status_of(again), "success");
  EXPECT_TRUE(json::parse(again.body).value().as_object().at("duplicate").as_bool());

  // The same kid for another key: whoever could do that would take over the device's identity.
  const auto with_keys =
      std::ranges::find_if(corim.comids, [](const auto& comid) { return !comid.attestation_keys.empty(); });
  ASSERT_NE(with_keys, corim.comids.end());
  with_keys->attestation_keys.at(0).keys.at(0).value = to_bytes(as_bytes(test::make_key().public_key().pem()));
  const http::Response conflict = submit(rats::encode_corim(corim).value());
  EXPECT_EQ(status_of(conflict), "failed");
  EXPECT_TRUE(reason_of(conflict).starts_with("conflict")) << reason_of(conflict);
}

struct Failure {
  std::string name;
  std::string content_type;
  Bytes body;  // empty: the good one
  unsigned status;
  std::string reason;
};
void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.name; }

class Failures : public ProvisioningApiTest, public testing::WithParamInterface<Failure> {};
INSTANTIATE_TEST_SUITE_P(
    All, Failures,
    testing::Values(Failure{"no_type", "", {}, 415, "Content-Type"},
                    Failure{"other_type", "application/cbor", {}, 415, "application/rim+cbor"},
                    Failure{"unknown_profile", "application/rim+cbor; profile=\"tag:x\"", {}, 415, "no active plugin"},
                    Failure{"type_is_no_type", "application/rim+cbor; profile", {}, 400, "media type"},
                    Failure{"other_profile_than_the_corims", kKeysType, {}, 200, "the CoRIM has profile"},
                    Failure{"no_corim", kVeraisonType, {0xa0}, 200, ""},
                    Failure{"trailing_octet", kVeraisonType, {0xd9, 0x01, 0xf5, 0xa0, 0x00}, 200, ""},
                    Failure{"signed_without_anchors", kSignedType, {0xd2, 0x84}, 200, "no anchors"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Failures, AreSaidPlainly) {
  const Failure& failure = GetParam();
  const http::Response response = submit(failure.body.empty() ? octets : failure.body, failure.content_type);
  EXPECT_EQ(response.status, failure.status) << response.body;
  EXPECT_NE(response.body.find(failure.reason), std::string::npos) << response.body;
  if (failure.status == http::kOk) {
    EXPECT_EQ(status_of(response), "failed");
  }
  if (failure.status == http::kUnsupportedMediaType) {
    EXPECT_EQ(response.headers.back().first, "Accept");
    EXPECT_NE(response.headers.back().second.find(kVeraisonType), std::string::npos);
  }
  EXPECT_EQ(parts.store->generation(), 0U);
}

struct Lifetime {
  std::string name;
  std::optional<Seconds> not_before;  // from now
  Seconds not_after{};
  std::string reason;  // empty: it is taken
};
void PrintTo(const Lifetime& lifetime, std::ostream* out) { *out << lifetime.name; }

class Lifetimes : public ProvisioningApiTest, public testing::WithParamInterface<Lifetime> {
 protected:
  [[nodiscard]] rats::Validity validity() const {
    rats::Validity made{.not_before = {}, .not_after = parts.clock->now() + GetParam().not_after};
    if (GetParam().not_before) made.not_before = parts.clock->now() + *GetParam().not_before;
    return made;
  }
  void expect_outcome(const http::Response& response) const {
    EXPECT_EQ(status_of(response), GetParam().reason.empty() ? "success" : "failed") << response.body;
    EXPECT_EQ(parts.store->generation(), GetParam().reason.empty() ? 1U : 0U);
    if (GetParam().reason.empty()) return;
    EXPECT_TRUE(reason_of(response).starts_with("expired")) << reason_of(response);
    EXPECT_NE(reason_of(response).find(GetParam().reason), std::string::npos) << reason_of(response);
  }
};
INSTANTIATE_TEST_SUITE_P(
    All, Lifetimes,
    testing::Values(
        Lifetime{"to_this_second", {}, Seconds(0), ""}, Lifetime{"from_this_second", Seconds(0), Seconds(60), ""},
        Lifetime{"expired", {}, Seconds(-1), "not valid after 1970-01-01T00:16:39.000Z, now it is 1970-01-01T00:16:40"},
        Lifetime{"not_yet", Seconds(1), Seconds(60), "not valid before 1970-01-01T00:16:41.000Z, now it is"},
        Lifetime{"never", Seconds(-1), Seconds(-2), "not valid after"}),
    [](const auto& example) { return example.param.name; });

// draft-ietf-rats-corim section 4.1.6.
TEST_P(Lifetimes, OfACorimAreChecked) {
  corim.validity = validity();
  expect_outcome(submit(rats::encode_corim(corim).value()));
}

// Section 4.2.3, and once more what the signature is over.
TEST_P(Lifetimes, OfASignedCorimAreChecked) {
  const test::Endorser endorser(parts.clock->now());
  parts.signers.anchors = {endorser.certificate()};
  expect_outcome(submit(endorser.sign(corim, validity()), kSignedType));
  parts.store = verifier::memory_store();
  corim.validity = validity();
  expect_outcome(submit(endorser.sign(corim), kSignedType));
}

// The store must go on knowing when the signature ends.
TEST_F(ProvisioningApiTest, KeepsTheValidityOfTheSignature) {
  const Timestamp end = parts.clock->now() + Seconds(30);
  const test::Endorser endorser(parts.clock->now());
  parts.signers.anchors = {endorser.certificate()};
  const rats::Validity validity{.not_before = {}, .not_after = end};
  ASSERT_EQ(status_of(submit(endorser.sign(corim, validity), kSignedType)), "success");
  const auto anchor = test::trust_anchor(*parts.store, Kid(maker.kid())).value();
  EXPECT_TRUE(anchor->validity.contains(end));
  EXPECT_FALSE(anchor->validity.contains(end + std::chrono::milliseconds(1)));
}

// For the audit log, which would else go by the status.
TEST_F(ProvisioningApiTest, SaysBesideTheStatusWhetherItRefused) {
  const http::Response stored = submit(octets);
  EXPECT_EQ(status_of(stored), "success");
  EXPECT_EQ(stored.refused, "");
  EXPECT_EQ(submit(octets).refused, "");  // a duplicate
  parts.signers = {};
  const http::Response refused = submit(octets);
  EXPECT_EQ(status_of(refused), "failed");
  EXPECT_EQ(refused.refused, reason_of(refused));
  EXPECT_TRUE(refused.refused.starts_with("untrusted_chain")) << refused.refused;
}

TEST_F(ProvisioningApiTest, RefusesAnEmptyBody) { EXPECT_EQ(submit({}).status, http::kBadRequest); }

TEST_F(ProvisioningApiTest, DoesNotBlameTheSubmitterForTheStore) {
  parts.store = std::make_shared<test::BrokenStore>("disk full");
  EXPECT_EQ(submit(octets).status, http::kInternalServerError);
}

// Whoever has a provisioner's token and no signer's key leaves the signature out. Without anchors there is no signer
// whose word could be asked for instead: then nothing is taken at all.
TEST_F(ProvisioningApiTest, TakesNoUnsignedCorimUnlessToldTo) {
  const test::Endorser endorser(parts.clock->now());
  for (const bool knows_a_signer : {false, true}) {
    SCOPED_TRACE(knows_a_signer);
    parts.signers = {};
    if (knows_a_signer) parts.signers.anchors = {endorser.certificate()};
    const http::Response refused = submit(octets);
    EXPECT_EQ(status_of(refused), "failed");
    const std::string reason = reason_of(refused);
    EXPECT_TRUE(reason.starts_with("untrusted_chain")) << reason;
    EXPECT_TRUE(reason.contains("expected a signed CoRIM, got an unsigned one: sign it (credence sign)")) << reason;
    EXPECT_EQ(reason.contains("start the verifier with --corim-anchor FILE"), !knows_a_signer) << reason;
    EXPECT_EQ(parts.store->generation(), 0U);

    parts.signers.insecure_unsigned = true;
    EXPECT_EQ(status_of(submit(octets)), "success");
    EXPECT_NE(test::trust_anchor(*parts.store, Kid(maker.kid())).value(), nullptr);
    parts.store = verifier::memory_store();
  }
}

TEST_F(ProvisioningApiTest, TakesASignedCorimOfASignerThatItKnows) {
  const test::Endorser endorser(parts.clock->now());
  const Bytes signed_corim = endorser.sign(corim);
  for (const bool unsigned_too : {false, true}) {
    SCOPED_TRACE(unsigned_too);
    parts.signers = {.anchors = {}, .insecure_unsigned = unsigned_too};
    const http::Response refused = submit(signed_corim, kSignedType);
    EXPECT_EQ(status_of(refused), "failed");
    EXPECT_TRUE(reason_of(refused).starts_with("untrusted_chain")) << reason_of(refused);
    EXPECT_TRUE(reason_of(refused).contains("it has no anchors: start the verifier with --corim-anchor FILE"))
        << reason_of(refused);
    EXPECT_EQ(parts.store->generation(), 0U);

    parts.signers.anchors = {endorser.certificate()};
    EXPECT_EQ(status_of(submit(signed_corim, kSignedType)), "success");
    parts.store = verifier::memory_store();
  }
}

// The media type is the submitter's word: it makes no signed CoRIM of an unsigned one, nor the other way round.
TEST_F(ProvisioningApiTest, IsNotTalkedOutOfTheSignature) {
  const test::Endorser endorser(parts.clock->now());
  parts.signers = {.anchors = {endorser.certificate()}};
  EXPECT_EQ(status_of(submit(octets, kSignedType)), "failed");
  EXPECT_EQ(status_of(submit(endorser.sign(corim), kVeraisonType)), "failed");
  EXPECT_EQ(parts.store->generation(), 0U);
  EXPECT_EQ(status_of(submit(endorser.sign(corim), kSignedType)), "success");
}

// Veraison takes the system's roots for anchors, so that any web site could sign.
TEST_F(ProvisioningApiTest, ChecksASignedCorimAgainstItsAnchorsOnly) {
  const test::Endorser trusted(parts.clock->now()), stranger(parts.clock->now());
  parts.signers.anchors = {trusted.certificate()};

  const http::Response refused = submit(stranger.sign(corim), kSignedType);
  EXPECT_EQ(status_of(refused), "failed");
  EXPECT_TRUE(reason_of(refused).starts_with("untrusted_chain")) << reason_of(refused);
  EXPECT_EQ(parts.store->generation(), 0U);
  const http::Response taken = submit(trusted.sign(corim), kSignedType);
  EXPECT_EQ(status_of(taken), "success") << taken.body;
}

}  // namespace
}  // namespace credence::service
