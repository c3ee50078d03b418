// CoSWIDs as reference values, from the CoRIM to the store.
#include "verifier/store/software_tags.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "fixture.h"
#include "rats/corim/corim_tags.h"
#include "support/dice_device.h"
#include "support/ordered_diagnostic.h"
#include "verifier/store/content.h"

namespace credence::verifier {
namespace {

Bytes coswid(std::string_view id, std::string_view content) {
  return test::Diagnostic::encode("{0: \"" + std::string(id) + R"(", 1: "Firmware", 2: {31: "Maker", 33: 1}, )" +
                                  std::string(content) + "}");
}

Bytes payload(std::string_view id, ByteView digest) {
  return coswid(id, "6: {17: [{24: \"firmware.bin\", 7: [1, h'" + to_hex(digest) + "']}]}");
}

const std::string kFile = "{24: \"f\", 7: [1, h'" + std::string(64, '0') + "']}";

// Reference values of DICE firmware that stand in a CoSWID instead.
rats::Corim corim_of(const test::DiceDevice& device) {
  rats::Corim corim = device.reference_values();
  rats::Comid& comid = corim.comids.at(0);
  comid.coswids.push_back({.environment = comid.reference_values.at(0).environment, .tags = {"firmware"}});
  comid.reference_values.clear();
  corim.other_tags = {{rats::kTagCoswid, payload("firmware", device.firmware)}};
  return corim;
}

TEST(SoftwareTags, AreReferenceValuesOfTheirEnvironment) {
  const test::DiceDevice device;
  rats::Corim corim = corim_of(device);
  auto read = SoftwareTags::read(corim);
  ASSERT_TRUE(read) << read.error().text();
  const rats::Comid resolved = read->resolve(corim.comids[0]).value();
  EXPECT_TRUE(resolved.coswids.empty());
  ASSERT_EQ(resolved.reference_values.size(), 1U);
  EXPECT_EQ(resolved.reference_values[0].environment, corim.comids[0].coswids[0].environment);
  EXPECT_EQ(resolved.reference_values[0].measurements.at(0).values.digests.at(0).value, device.firmware);
}

TEST(SoftwareTags, AreTakenWholeOrNotAtAll) {
  struct Case {
    std::function<void(rats::Corim&)> change;
    Errc code;
    std::string_view why;
  };
  const test::DiceDevice device;
  ASSERT_TRUE(read_by_profile(corim_of(device), "id"));
  for (const auto& [change, code, why] : {
           Case{[](auto& corim) { corim.other_tags.clear(); }, Errc::not_found,
                "CoSWID firmware: a coswid-triple names it, and the CoRIM does not carry it"},
           Case{[](auto& corim) { corim.other_tags.emplace_back(rats::kTagCoswid, payload("other", Bytes(32))); },
                Errc::unsupported, "CoSWID other: no coswid-triple says what it is for"},
           Case{[](auto& corim) { corim.other_tags.push_back(corim.other_tags[0]); }, Errc::duplicate_key,
                "CoSWID firmware: the CoRIM carries it twice"},
           Case{[](auto& corim) { corim.other_tags[0].first = 507; }, Errc::unsupported, "a tag 507"},
           Case{[](auto& corim) { corim.other_tags[0].second.pop_back(); }, Errc::truncated, "CoSWID"},
           Case{[](auto& corim) { corim.other_tags[0].second = coswid("firmware", R"(13: "1")"); },
                Errc::missing_member, "its payload has no files"},
           Case{[](auto& corim) { corim.other_tags[0].second = coswid("firmware", R"(6: {17: [{24: "f"}]})"); },
                Errc::missing_member, "file f has no hash"},
           Case{[](auto& corim) {
                  corim.other_tags[0].second = coswid("firmware", R"(3: {35: 1(0), 17: [{24: "f"}]})");
                },
                Errc::unsupported, "expected a payload"},
           Case{
               [](auto& corim) { corim.other_tags[0].second = coswid("firmware", "12: -1, 6: {17: [" + kFile + "]}"); },
               Errc::invalid_value, "expected a tag-version of 0 or more"},
           // Where a digest is not that of a file, a file could be made whose digest is approved.
           Case{[](auto& corim) { corim.profile = "https://enacttrust.com/veraison/1.0.0"; }, Errc::unsupported,
                "this profile does not compare files"},
           Case{[](auto& corim) { corim.profile = "tag:github.com/parallaxsecond,2023-03-03:tpm"; }, Errc::unsupported,
                "this profile does not compare files"},
           // A short CoRIM must not become a long store.
           Case{[](auto& corim) {
                  std::string files = kFile;
                  for (int i = 1; i < 4'096; ++i) files += ", " + kFile;
                  corim.other_tags[0].second = coswid("firmware", "6: {17: [" + files + "]}");
                  corim.comids[0].coswids[0].tags.assign(5, corim.comids[0].coswids[0].tags[0]);
                },
                Errc::too_large, "more than 16384 files"},
       }) {
    rats::Corim corim = corim_of(device);
    change(corim);
    const auto read = read_by_profile(corim, "id");
    ASSERT_FALSE(read) << why;
    EXPECT_EQ(read.error().code, code) << read.error().text();
    EXPECT_TRUE(read.error().text().contains(why)) << read.error().text();
  }
}

// A22: the release of last year is signed as well as ever.
TEST(SoftwareTags, DoNotComeBackInAnOlderVersion) {
  const test::DiceDevice device;
  const auto with_version = [&](int version) {
    rats::Corim corim = corim_of(device);
    corim.id = "version " + std::to_string(version);
    corim.other_tags[0].second = coswid("firmware", "12: " + std::to_string(version) + ", 6: {17: [" + kFile + "]}");
    return corim;
  };
  const auto store = memory_store();
  test::provision(*store, with_version(2));
  const rats::Corim old = with_version(1);
  const auto refused = store->submit(old, test::octets_of(old));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::stale);
  EXPECT_TRUE(refused.error().text().contains("CoSWID firmware")) << refused.error().text();
  test::provision(*store, with_version(3));
}

}  // namespace
}  // namespace credence::verifier
