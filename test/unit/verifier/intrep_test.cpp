// What is accepted about an attester, over the draft's examples of it. Half of them were made by a program, from the
// grammar alone: they are compared with themselves.
#include "intrep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "accepted.h"
#include "rats/corim/match/match.h"
#include "support/refusal.h"

namespace credence::verifier {
namespace {

using test::Ect;
using test::intrep;
using test::Relation;
using test::Spelling;

struct Example {
  std::string_view name;
  std::size_t ects = 0;
  std::size_t elements = 0;
  std::size_t refused = 0;   // of the elements, as they are written
  std::size_t reversed = 0;  // of those that are corrected: ranges from a higher to a lower number
};
constexpr std::array<Example, 12> kExamples = {
    {{.name = "acs-1", .ects = 1},
     {.name = "acs-2", .ects = 1},
     {.name = "acs-3", .ects = 1},
     {.name = "acs-psa-2", .ects = 3, .elements = 3},
     {.name = "rel-ae-1", .ects = 1, .elements = 3, .refused = 2},
     {.name = "rel-ae-psa", .ects = 1, .elements = 1},
     {.name = "rel-domain-1", .ects = 2},
     {.name = "rel-ev-1", .ects = 7, .elements = 9, .refused = 8},
     {.name = "rel-evs-1", .ects = 16, .elements = 53, .refused = 44, .reversed = 1},
     {.name = "rel-key-1", .ects = 2},
     {.name = "rel-rv-1", .ects = 2, .elements = 5, .refused = 4, .reversed = 1},
     {.name = "rel-rv-psa-1", .ects = 2, .elements = 1}}};

std::vector<Ect> ects_of(const std::vector<Relation>& relations) {
  std::vector<Ect> all;
  for (const Relation& relation : relations) {
    all.insert(all.end(), relation.conditions.begin(), relation.conditions.end());
    all.insert(all.end(), relation.additions.begin(), relation.additions.end());
  }
  return all;
}

std::vector<Bytes> elements_of(const std::vector<Relation>& relations) {
  std::vector<Bytes> all;
  for (const Ect& ect : ects_of(relations)) all.insert(all.end(), ect.elements.begin(), ect.elements.end());
  return all;
}

// Why CBOR and the draft have no such element.
constexpr std::string_view kReversed = "expected a minimum that is not above the maximum";
constexpr std::array<std::string_view, 4> kReasons = {"expected a byte string, got a text string",
                                                      "expected a mask as long as the value",
                                                      "expected it beside a raw value without a mask", kReversed};

TEST(Intrep, IsReadExceptForWhatCborHasNot) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const Example& example : kExamples) {
    SCOPED_TRACE(example.name);
    const auto written = intrep(root, example.name);
    EXPECT_EQ(ects_of(written).size(), example.ects);
    EXPECT_EQ(elements_of(written).size(), example.elements);
    std::size_t refused = 0, reversed = 0;
    for (const Bytes& element : elements_of(written)) {
      const auto read = test::measurement_of(element);
      if (read) continue;
      ++refused;
      EXPECT_TRUE(std::ranges::any_of(kReasons, [&](auto reason) { return read.error().text().contains(reason); }))
          << read.error().text();
    }
    EXPECT_EQ(refused, example.refused);
    for (const Bytes& element : elements_of(intrep(root, example.name, Spelling::corrected))) {
      const auto read = test::measurement_of(element);
      if (read) continue;
      ++reversed;
      test::expect_refused(read, Errc::invalid_value, kReversed);
    }
    EXPECT_EQ(reversed, example.reversed);
  }
}

// What an attester states that meets the condition: a state has no mask.
rats::Measurement state_of(rats::Measurement measurement) {
  if (measurement.values.raw_value) measurement.values.raw_value->mask.reset();
  return measurement;
}

// None when one of them is no element.
std::optional<std::vector<rats::Measurement>> measurements_of(const Ect& ect) {
  std::vector<rats::Measurement> all;
  for (const Bytes& element : ect.elements) {
    auto read = test::measurement_of(element);
    if (!read) return std::nullopt;
    all.push_back(*std::move(read));
  }
  return all;
}

TEST(Intrep, ElementIsMetByItsOwnStateOnly) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const Example& example : kExamples) {
    SCOPED_TRACE(example.name);
    std::vector<std::pair<Bytes, rats::Measurement>> read;
    for (const Bytes& element : elements_of(intrep(root, example.name, Spelling::corrected)))
      if (const auto measurement = test::measurement_of(element)) read.emplace_back(element, *measurement);
    ASSERT_EQ(read.size(), example.elements - example.reversed);
    for (const auto& [condition, wanted] : read) {
      for (const auto& [element, state] : read) {
        const auto difference = rats::match::first_difference(wanted.values, state_of(state).values);
        // psa.certification (100) is an extension that no rule is known for: what nobody can compare is met by nothing.
        if (condition == element && wanted.values.others.empty()) {
          EXPECT_FALSE(difference) << *difference;
        } else {
          EXPECT_TRUE(difference);
        }
      }
    }
  }
}

AcceptedClaims claims_of(const Ect& ect, std::vector<rats::CryptoKey> authority) {
  AcceptedClaims claims;
  AcceptedClaim claim{.environment = ect.environment,
                      .measurements = measurements_of(ect).value(),
                      .authority = std::move(authority),
                      .source = ""};
  std::ranges::transform(claim.measurements, claim.measurements.begin(), state_of);
  EXPECT_TRUE(claims.add(std::move(claim)));
  return claims;
}

// Several elements without an id are told apart by nothing, so that they are met by nothing.
TEST(Intrep, ConditionIsMetByWhatItAsksForOnly) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t met = 0, ambiguous = 0;
  for (const Example& example : kExamples) {
    for (const Relation& relation : intrep(root, example.name, Spelling::corrected)) {
      for (const Ect& condition : relation.conditions) {
        const auto measurements = measurements_of(condition);
        if (!measurements || condition.environment == rats::Environment{}) continue;
        const AcceptedClaims claims = claims_of(condition, condition.authority);
        const bool is_met = claims.meet(condition.environment, *measurements, condition.authority);
        const auto without_id = std::ranges::count_if(*measurements, [](const auto& one) { return !one.key; });
        EXPECT_EQ(is_met, without_id <= 1) << example.name;
        ++(is_met ? met : ambiguous);
        rats::Environment elsewhere = condition.environment;
        elsewhere.instance = rats::TaggedBytes{.tag = rats::kTagUeid, .value = {1}};
        EXPECT_FALSE(claims.meet(elsewhere, *measurements, condition.authority)) << example.name;
        if (!is_met) continue;
        EXPECT_EQ(claims_of(condition, {{.tag = rats::kTagBytes, .value = {9}}})
                      .meet(condition.environment, *measurements, condition.authority),
                  condition.authority.empty())
            << example.name;
      }
    }
  }
  EXPECT_EQ(met, 4U);
  EXPECT_EQ(ambiguous, 9U);
}

// "ACS" of a claim without an environment, of one without measurements, and of one about keys.
TEST(Intrep, ClaimsThatStateLittleMeetLittle) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Ect nobody = intrep(root, "acs-1")[0].additions.at(0), device = intrep(root, "acs-2")[0].additions.at(0),
            keys = intrep(root, "acs-3")[0].additions.at(0);
  EXPECT_EQ(nobody.environment, rats::Environment{});
  EXPECT_FALSE(claims_of(nobody, {}).meet(device.environment, {}));
  EXPECT_FALSE(claims_of(nobody, {}).meet({}, {}));
  EXPECT_TRUE(claims_of(device, {}).meet(device.environment, {}));
  EXPECT_FALSE(claims_of(device, {}).meet(device.environment, test::named("a")));
  EXPECT_FALSE(claims_of(device, {}).meet({}, {}));
  EXPECT_EQ(keys.environment, device.environment);
  ASSERT_EQ(keys.keys.size(), 2U);
  EXPECT_EQ(keys.keys[0].tag, rats::kTagPkixBase64CertPath);
  EXPECT_EQ(keys.keys[1].tag, rats::kTagPkixBase64Key);
  for (const rats::CryptoKey& key : keys.keys) EXPECT_FALSE(rats::public_key_of(key));  // "base64_key_Y" is none
}

// A device's evidence, the reference value that it meets, and the set of claims that comes of both and an endorsement.
TEST(Intrep, PsaEvidenceMeetsItsReferenceValue) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Ect evidence = intrep(root, "rel-ae-psa")[0].additions.at(0);
  const Relation reference = intrep(root, "rel-rv-psa-1")[0];
  const Ect& condition = reference.conditions.at(0);
  const std::vector<rats::Measurement> expected = measurements_of(condition).value();
  AcceptedClaims claims = claims_of(evidence, evidence.authority);
  EXPECT_TRUE(claims.meet(condition.environment, expected));
  const auto key = rats::public_key_of(evidence.authority.at(0)).value();
  EXPECT_TRUE(claims.meet(condition.environment, expected, authority_of(key.spki())));
  EXPECT_FALSE(claims.meet(condition.environment, expected, reference.additions.at(0).authority));
  std::vector<rats::Measurement> other = expected;
  other[0].values.digests.at(0).value[0] ^= 1;
  EXPECT_FALSE(claims.meet(condition.environment, other));

  const std::vector<Ect> set = intrep(root, "acs-psa-2")[0].additions;
  ASSERT_EQ(set.size(), 3U);
  EXPECT_EQ(set[0].elements, evidence.elements);
  EXPECT_EQ(set[1].elements, condition.elements);
  EXPECT_EQ(set[1].authority, reference.additions.at(0).authority);
  for (std::size_t i = 1; i < set.size(); ++i)
    EXPECT_TRUE(claims.add({.environment = set[i].environment,
                            .measurements = measurements_of(set[i]).value(),
                            .authority = set[i].authority,
                            .source = i == 1 ? "reference" : "endorsed"}));
  // Now the endorser says the same as the device.
  EXPECT_TRUE(claims.meet(condition.environment, expected, set[1].authority));
  EXPECT_FALSE(claims.meet(condition.environment, expected, set[2].authority));
  EXPECT_EQ(claims.endorsed().size(), 2U);
}

// The domain of the addition is accepted when all environments of the condition are.
TEST(Intrep, DomainIsAcceptedWithAllItsMembers) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Relation relation = intrep(root, "rel-domain-1")[0];
  const std::vector<rats::Environment>& members = relation.conditions.at(0).members;
  const Ect& domain = relation.additions.at(0);
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(domain.members.size(), 2U);
  const auto store = memory_store();
  test::provision(*store, test::corim_with("domain", [&](rats::Comid& comid) {
    comid.memberships.push_back({.domain = domain.environment, .others = members});
  }));
  for (std::size_t absent = 0; absent <= members.size(); ++absent) {
    Trace trace;
    Endorsements endorsements(*store, parsec_tpm_scheme(), test::kNow, trace);
    AcceptedClaims claims;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i == absent) continue;
      ASSERT_TRUE(claims.add({.environment = members[i], .measurements = {}, .authority = {}, .source = ""}));
    }
    ASSERT_TRUE(apply_conditional_endorsements(endorsements, claims));
    EXPECT_EQ(claims.meet(domain.environment, {}), absent == members.size()) << absent;
  }
}

// Its keys are words: as data they are read and compared, as keys they are refused before anybody relies on them.
TEST(Intrep, KeysThatAreNoneAreNotStored) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Relation relation = intrep(root, "rel-key-1")[0];
  const Ect &condition = relation.conditions.at(0), &addition = relation.additions.at(0);
  EXPECT_EQ(condition.environment, addition.environment);
  EXPECT_TRUE(rats::match::authorities(addition.keys, condition.keys));
  EXPECT_FALSE(rats::match::authorities(condition.keys, addition.keys));
  const auto submit = [&](const rats::CryptoKey& key) {
    const auto corim = test::corim_with("keys", [&](rats::Comid& comid) {
      comid.identity_keys.push_back({.environment = addition.environment, .keys = {key}});
    });
    return memory_store()->submit(corim, test::octets_of(corim));
  };
  for (const rats::CryptoKey& key : condition.keys) {
    EXPECT_FALSE(rats::public_key_of(key));
    EXPECT_FALSE(submit(key));
  }
  EXPECT_TRUE(submit(authority_of(test::make_key().public_key().spki()).at(0)));
}

}  // namespace
}  // namespace credence::verifier
