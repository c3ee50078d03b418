// An engine over a store that knows the endorsements of an EvidenceMaker.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "evidence/media_types.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::test {

inline constexpr Timestamp kNow{std::chrono::milliseconds{1'790'000'000'000}};

// Distinct octets for each CoRIM: a store that keeps what it was given looks at nothing else.
inline Bytes octets_of(const rats::Corim& corim) { return to_bytes(as_bytes(std::get<std::string>(corim.id))); }

inline void provision(verifier::Store& store, const rats::Corim& corim) {
  const auto stored = store.submit(corim, octets_of(corim));
  ASSERT_TRUE(stored) << stored.error().text();
}

inline std::shared_ptr<verifier::Store> store_for(const EvidenceMaker& maker) {
  auto store = verifier::memory_store();
  provision(*store, tpm::veraison_corim(maker.endorsement()).value());
  provision(*store, tpm::keys_corim(maker.endorsement()).value());
  return store;
}

inline verifier::Engine engine_over(std::shared_ptr<const verifier::Store> store, verifier::Policy policy = {},
                                    Timestamp now = kNow) {
  return {std::move(store),
          std::make_shared<FixedClock>(now),
          std::move(policy),
          {.developer = "Credence", .build = "test", .issuer = "https://verifier.example"}};
}

inline evidence::Binder binder(const Bytes& octets) {
  return evidence::Binder::from_wire(crypto::Digest::from(crypto::HashAlgorithm::sha256, octets).value());
}

inline verifier::AppraisalRequest channel_request(const EvidenceMaker& maker) {
  return {
      .media_type = std::string(evidence::kParsecTpm), .evidence = maker.make(), .challenge = binder(maker.extra_data)};
}

// The one submodule of a result that is about evidence of this scheme.
inline const rats::Submodule& submodule(const rats::Ear& ear) { return ear.submodules.at("PARSEC_TPM"); }

inline void expect_problem(const rats::Submodule& submodule, Errc code, std::string_view part) {
  ASSERT_TRUE(submodule.policy_claims.contains("code"));
  EXPECT_EQ(std::string_view(submodule.policy_claims.at("code").as_string()), name(code));
  const std::string_view problem = submodule.policy_claims.at("problem").as_string();
  EXPECT_NE(problem.find(part), std::string_view::npos) << problem;
}

}  // namespace credence::test
