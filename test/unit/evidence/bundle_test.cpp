#include "evidence/tpm/bundle.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "wire/cbor/writer.h"

namespace credence::evidence::tpm {
namespace {

// A bundle written member by member, so that each can be left out, renamed or replaced.
struct BundleText {
  std::string version = "2.0";
  std::string kid = "kid", signature = "sig", cert_info = "certInfo", public_area = "pubArea";
  Bytes kid_value = {1, 2, 3};
  std::function<void(cbor::Writer&)> extra{};  // one more member

  void write_kat(cbor::Writer& writer) const {
    writer.text("kat").map(5).text("tpmVer").text(version).text(kid).bytes(kid_value).text(signature).bytes(Bytes{4});
    writer.text(cert_info).bytes(Bytes{5}).text(public_area).bytes(Bytes{6});
  }
  static void write_pat(cbor::Writer& writer) {
    writer.text("pat").map(5).text("tpmVer").text("2.0").text("kid").bytes(Bytes{1}).text("sig").bytes(Bytes{2});
    writer.text("attestInfo").bytes(Bytes{3}).text("alg").integer(-1);  // "alg": of older makers
  }
  [[nodiscard]] Bytes encode() const {
    cbor::Writer writer;
    writer.map(extra ? 3 : 2);
    write_kat(writer);
    write_pat(writer);
    if (extra) extra(writer);
    return writer.take();
  }
};

TEST(Bundle, GoesBothWays) {
  test::EvidenceMaker maker;
  maker.chain = {Bytes(10, 0x30), Bytes(20, 0x30)};
  Bundle bundle = maker.bundle();
  bundle.ext->log = Bytes(100, 0x77);
  bundle.ext->attestation_key = Bytes(88, 0x88);
  const Bytes octets = encode_bundle(bundle);
  const Bundle again = decode_bundle(octets).value();
  EXPECT_EQ(again.kat.kid, bundle.kat.kid);
  EXPECT_EQ(again.kat.cert_info, bundle.kat.cert_info);
  EXPECT_EQ(again.pat.attest_info, bundle.pat.attest_info);
  EXPECT_EQ(again.ext->pcrs, maker.pcrs);
  EXPECT_EQ(again.ext->log, bundle.ext->log);
  EXPECT_EQ(again.ext->attestation_key, bundle.ext->attestation_key);
  EXPECT_EQ(again.ext->chain, maker.chain);
  EXPECT_EQ(encode_bundle(again), octets);
}

TEST(Bundle, HasOneLength) {
  test::expect_exact_length(test::EvidenceMaker{}.make(), [](ByteView octets) { return decode_bundle(octets); });
}

TEST(Bundle, IgnoresMembersOfOthers) {
  BundleText text;
  text.extra = [](cbor::Writer& writer) { writer.text("vendor").array(1).map(1).text("a").null(); };
  const Bundle bundle = decode_bundle(text.encode()).value();
  EXPECT_EQ(bundle.kat.kid, (Bytes{1, 2, 3}));
  EXPECT_FALSE(bundle.ext);
}

struct Flip {
  std::string name;
  std::function<void(BundleText&)> flip;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

void ext(BundleText& text, const std::function<void(cbor::Writer&)>& member) {
  text.extra = [member](cbor::Writer& writer) {
    writer.text("ext").map(1);
    member(writer);
  };
}

std::vector<Flip> flips() {
  return {
      {"Version", [](BundleText& text) { text.version = "1.2"; }, Errc::invalid_value, "kat: tpmVer: expected \"2.0\""},
      {"NoKid", [](BundleText& text) { text.kid = "kit"; }, Errc::missing_member, "kat: kid is missing"},
      {"NoSignature", [](BundleText& text) { text.signature = "s"; }, Errc::missing_member, "kat: sig is missing"},
      {"NoCertInfo", [](BundleText& text) { text.cert_info = "c"; }, Errc::missing_member, "kat: certInfo is missing"},
      {"NoPublicArea", [](BundleText& text) { text.public_area = "p"; }, Errc::missing_member, "pubArea is missing"},
      {"EmptyKid", [](BundleText& text) { text.kid_value = {}; }, Errc::invalid_value, "1 to 64 octets, got 0"},
      {"LongKid", [](BundleText& text) { text.kid_value = Bytes(65); }, Errc::invalid_value, "1 to 64 octets, got 65"},
      {"ExtIsNoMap", [](BundleText& text) { text.extra = [](auto& writer) { writer.text("ext").null(); }; },
       Errc::unexpected_type, "ext"},
      {"PcrTooHigh",
       [](BundleText& text) {
         ext(text,
             [](auto& w) { w.text("pcrs").map(1).unsigned_integer(11).map(1).unsigned_integer(32).bytes(Bytes(32)); });
       },
       Errc::invalid_value, "ext.pcrs: PCR: expected at most 31, got 32"},
      {"PcrTooLong",
       [](BundleText& text) {
         ext(text,
             [](auto& w) { w.text("pcrs").map(1).unsigned_integer(11).map(1).unsigned_integer(0).bytes(Bytes(65)); });
       },
       Errc::too_large, "PCR 0: 65 octets are no digest"},
      {"BankTooHigh",
       [](BundleText& text) { ext(text, [](auto& w) { w.text("pcrs").map(1).unsigned_integer(0x10000).map(0); }); },
       Errc::invalid_value, "TPM_ALG_ID"},
      {"ChainTooLong",
       [](BundleText& text) {
         ext(text, [](auto& w) {
           w.text("chain").array(9);
           for (int i = 0; i < 9; ++i) w.bytes(Bytes{1});
         });
       },
       Errc::too_large, "ext.chain: expected at most 8 certificates"},
      {"LogIsText", [](BundleText& text) { ext(text, [](auto& w) { w.text("log").text("x"); }); },
       Errc::unexpected_type, "ext.log"},
  };
}

class BundleFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(Refusals, BundleFlip, testing::ValuesIn(flips()),
                         [](const auto& example) { return example.param.name; });

TEST_P(BundleFlip, IsRefused) {
  BundleText text;
  ASSERT_TRUE(decode_bundle(text.encode()));
  GetParam().flip(text);
  test::expect_refused(decode_bundle(text.encode()), GetParam().code, GetParam().why);
}

TEST(Bundle, NeedsBothHalves) {
  cbor::Writer writer;
  BundleText{}.write_kat(writer.map(1));
  test::expect_refused(decode_bundle(writer.take()), Errc::missing_member, "pat is missing");
  BundleText::write_pat(writer.map(1));
  test::expect_refused(decode_bundle(writer.take()), Errc::missing_member, "kat is missing");
}

TEST(Bundle, RefusesAMemberTwice) {
  Bytes octets = BundleText{}.encode();
  const Bytes version = {0x66, 't', 'p', 'm', 'V', 'e', 'r', 0x63, '2', '.', '0'};
  const auto at = std::ranges::search(octets, version).begin();
  octets.insert(at, version.begin(), version.end());
  const Bytes map_head = {0x63, 'k', 'a', 't', 0xa5};
  *(std::ranges::search(octets, map_head).begin() + 4) = 0xa6;
  test::expect_refused(decode_bundle(octets), Errc::duplicate_key, "kat");
}

TEST(Bundle, KeepsToItsLimits) {
  const Bytes octets = BundleText{}.encode();
  ASSERT_TRUE(decode_bundle(octets, {.bytes = octets.size()}));
  test::expect_refused(decode_bundle(octets, {.bytes = octets.size() - 1}), Errc::too_large, "");
}

}  // namespace
}  // namespace credence::evidence::tpm
