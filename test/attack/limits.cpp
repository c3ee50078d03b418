// A24: evidence that is made to cost more than it says. What the decoders may spend is a parameter
// (wire/cbor/limits.h), so that the weak half takes no twin: the same octets are read to their end where the limit is
// not there.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"
#include "verifier_address.h"
#include "wire/cbor/writer.h"

namespace credence::attack {
namespace {

using test::EvidenceMaker;

struct Bomb {
  std::string name;
  Bytes octets;  // one data item
  Errc code{};
  std::string part;
  cbor::Limits without{};  // the limit that stops it
};
void PrintTo(const Bomb& bomb, std::ostream* out) { *out << bomb.name; }

Bytes nested(std::size_t levels) {
  Bytes octets(levels, 0x81);  // an array of one item
  octets.push_back(0);
  return octets;
}

// In one octet each: the dearest that an octet can be for who keeps a thing for each.
Bytes many(std::uint32_t items) {
  Bytes octets = {0x9a};  // an array, its length in four octets
  for (int shift = 24; shift >= 0; shift -= 8) octets.push_back(static_cast<std::uint8_t>(items >> shift));
  octets.resize(octets.size() + items);
  return octets;
}

std::vector<Bomb> bombs() {
  cbor::Limits deeper, more, larger;
  deeper.depth = cbor::kDeepest;
  more.items = 1 << 20;
  larger.bytes = 1 << 24;
  return {{"Nested", nested(100), Errc::too_deep, "expected at most 16 levels", deeper},
          {"ManyItems", many(100'000), Errc::too_large, "expected at most 65536 data items", more},
          {"Large", cbor::Writer().bytes(Bytes(2 << 20)).take(), Errc::too_large, "1048576", larger}};
}

// A member that no reader knows, behind the genuine ones: whoever skips it has to go through it.
Bytes with_member(const EvidenceMaker& machine, ByteView item) {
  Bytes evidence = machine.make();
  EXPECT_EQ(evidence.front(), 0xa3) << "expected a map of kat, pat and ext";
  evidence.front() = 0xa4;
  append(evidence, cbor::Writer().text("more").take());
  append(evidence, item);
  return evidence;
}

rats::Ear appraised(const EvidenceMaker& machine, Bytes evidence) {
  const auto store = verifier::memory_store();
  for (const auto& corim : {evidence::tpm::veraison_corim(machine.endorsement()).value(),
                            evidence::tpm::keys_corim(machine.endorsement()).value()})
    EXPECT_TRUE(store->submit(corim, as_bytes(std::get<std::string>(corim.id))));
  const auto clock = std::make_shared<FixedClock>(Timestamp{std::chrono::milliseconds{1'790'000'000'000}});
  return verifier::Engine(store, clock, {}, {})
      .appraise({.media_type = std::string(evidence::kParsecTpm),
                 .evidence = std::move(evidence),
                 .challenge = binder_of(machine.extra_data)})
      .value();
}

class LimitOnEvidence : public testing::TestWithParam<Bomb> {
 protected:
  EvidenceMaker machine;
};
INSTANTIATE_TEST_SUITE_P(A24, LimitOnEvidence, testing::ValuesIn(bombs()),
                         [](const auto& example) { return example.param.name; });

TEST_P(LimitOnEvidence, IsRefused) {
  EXPECT_TRUE(appraised(machine, with_member(machine, cbor::Writer().null().take())).is_affirming());
  const Bytes evidence = with_member(machine, GetParam().octets);
  test::expect_refused(evidence::tpm::decode_statements(evidence), GetParam().code, GetParam().part);
  const rats::Ear ear = appraised(machine, evidence);
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  EXPECT_EQ(ear.submodules.at("PARSEC_TPM").policy_claims.at("code").as_string(), name(GetParam().code));
}

TEST_P(LimitOnEvidence, IsReadToItsEndWithoutTheLimit) {
  const auto read = evidence::tpm::decode_statements(with_member(machine, GetParam().octets), GetParam().without);
  EXPECT_TRUE(read) << "something else stops it too, so this test does not show what the limit is worth: "
                    << read.error().text();
}

// A few octets that speak of many. No limit is needed: a length is held against what is there before anything is
// allocated for it, and the sanitizers of this build stop a program that asks for so much.
TEST(LengthsInEvidence, ThatLieAreRefusedWithoutAnyLimit) {
  const EvidenceMaker machine;
  const cbor::Limits none{.bytes = SIZE_MAX, .depth = SIZE_MAX, .items = SIZE_MAX};
  // A byte string, a text, an array and a map of 2^62.
  for (const std::uint8_t type : std::vector<std::uint8_t>{0x5b, 0x7b, 0x9b, 0xbb}) {
    const Bytes head = {type, 0x40, 0, 0, 0, 0, 0, 0, 0};
    const Bytes evidence = with_member(machine, head);
    EXPECT_EQ(evidence::tpm::decode_statements(evidence).error().code, Errc::truncated) << to_hex(head);
    EXPECT_EQ(evidence::tpm::decode_statements(evidence, none).error().code, Errc::truncated) << to_hex(head);
  }
}

}  // namespace
}  // namespace credence::attack
