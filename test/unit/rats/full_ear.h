// An EAR with every claim set, and the comparison of two.
#pragma once

#include <gtest/gtest.h>

#include "hex.h"
#include "rats/ear/ear.h"

namespace credence::rats::test {

inline Ear full_ear() {
  using credence::test::hex;
  Ear ear;
  ear.issued_at = Timestamp(Seconds(1'766'000'000));
  ear.expires = Timestamp(Seconds(1'766'000'600));
  ear.issuer = "https://verifier.example";
  ear.audience = "relying party";
  ear.nonce = hex("0102030405060708090a");
  ear.ueid = hex("01ff02");
  ear.confirmation_key = to_bytes(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value().public_key().spki());
  ear.verifier_developer = "Credence";
  ear.verifier_build = "1";
  ear.raw_evidence = hex("a0ff");
  ear.overall_status = Tier::contraindicated;
  Submodule submodule;
  submodule.status = Tier::contraindicated;
  submodule.vector.emplace()[TrustClaim::executables] = kUnrecognisedRuntime;
  (*submodule.vector)[TrustClaim::hardware] = kVerifierMalfunction;
  submodule.policy_ids = {"policy:X"};
  submodule.attested_key = ear.confirmation_key;
  submodule.annotated_evidence["a"] = 1;
  submodule.annotated_evidence["nested"] = json::Array{-1, true, nullptr, 1.5, json::Object{{"b", "c"}}};
  submodule.policy_claims["problem"] = "PCR 4";
  ear.submodules.emplace("PARSEC_TPM", std::move(submodule));
  ear.credence = {.purpose = "channel",
                  .software_tpm = true,
                  .unknown_tpm_maker = false,
                  .test_root = true,
                  .compatibility_mode = false,
                  .hazard_allowed = true,
                  .class_id = "cd1f0e55-26f9-460d-b9d8-f7fde171787c",
                  .evidence_time = Timestamp(Seconds(1'765'999'999)),
                  .warnings = {"one", "two"},
                  .trace = {{.submodule = "PARSEC_TPM",
                             .claim = "executables",
                             .subject = "PCR 1 (sha-256)",
                             .expected = "00",
                             .actual = "01",
                             .source = "corim 1",
                             .submission = "ab",
                             .agrees = false},
                            {.submodule = "PARSEC_TPM", .subject = "signature", .agrees = true}}};
  return ear;
}

inline void expect_same(const Ear& left, const Ear& right) {
  EXPECT_EQ(left.issued_at, right.issued_at);
  EXPECT_EQ(left.expires, right.expires);
  EXPECT_EQ(left.issuer, right.issuer);
  EXPECT_EQ(left.audience, right.audience);
  EXPECT_EQ(left.nonce, right.nonce);
  EXPECT_EQ(left.ueid, right.ueid);
  EXPECT_EQ(left.confirmation_key, right.confirmation_key);
  EXPECT_EQ(left.verifier_developer, right.verifier_developer);
  EXPECT_EQ(left.verifier_build, right.verifier_build);
  EXPECT_EQ(left.raw_evidence, right.raw_evidence);
  EXPECT_EQ(left.overall_status, right.overall_status);
  ASSERT_EQ(left.submodules.size(), right.submodules.size());
  for (const auto& [name, submodule] : left.submodules) {
    const Submodule& other = right.submodules.at(name);
    EXPECT_EQ(submodule.status, other.status);
    EXPECT_EQ(submodule.vector, other.vector);
    EXPECT_EQ(submodule.policy_ids, other.policy_ids);
    EXPECT_EQ(submodule.attested_key, other.attested_key);
    EXPECT_EQ(submodule.annotated_evidence, other.annotated_evidence);
    EXPECT_EQ(submodule.policy_claims, other.policy_claims);
  }
  EXPECT_EQ(left.credence.purpose, right.credence.purpose);
  EXPECT_EQ(left.credence.software_tpm, right.credence.software_tpm);
  EXPECT_EQ(left.credence.unknown_tpm_maker, right.credence.unknown_tpm_maker);
  EXPECT_EQ(left.credence.test_root, right.credence.test_root);
  EXPECT_EQ(left.credence.compatibility_mode, right.credence.compatibility_mode);
  EXPECT_EQ(left.credence.hazard_allowed, right.credence.hazard_allowed);
  EXPECT_EQ(left.credence.class_id, right.credence.class_id);
  EXPECT_EQ(left.credence.evidence_time, right.credence.evidence_time);
  EXPECT_EQ(left.credence.warnings, right.credence.warnings);
  EXPECT_EQ(left.credence.trace, right.credence.trace);
}

}  // namespace credence::rats::test
