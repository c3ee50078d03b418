#include "rats/corim/match/match.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/certificate.h"
#include "hex.h"

namespace credence::rats::match {
namespace {

using test::hex;

TaggedBytes bytes(std::string_view text) { return {kTagBytes, hex(text)}; }

CorimDigest digest(std::variant<std::int64_t, std::string> algorithm, std::string_view value) {
  return {.algorithm = std::move(algorithm), .value = hex(value)};
}

TEST(MatchEnvironment, NeedsWhatTheConditionHasAndNoMore) {
  const Class acme{.id = bytes("01"), .vendor = "ACME", .model = {}, .layer = {}, .index = {}};
  const Environment actual{.class_map = acme, .instance = bytes("aa"), .group = bytes("bb")};
  const auto with = [](auto change) {
    Environment condition;
    change(condition);
    return condition;
  };
  EXPECT_TRUE(environments(with([&](auto& c) { c.class_map = acme; }), actual));
  EXPECT_TRUE(environments(with([](auto& c) { c.instance = bytes("aa"); }), actual));
  EXPECT_TRUE(environments(with([](auto& c) { c.group = bytes("bb"); }), actual));
  EXPECT_TRUE(environments(actual, actual));
  EXPECT_FALSE(environments({}, actual));
  EXPECT_FALSE(environments(with([](auto& c) { c.instance = bytes("ab"); }), actual));
  EXPECT_FALSE(environments(with([](auto& c) { c.instance = TaggedBytes{kTagUeid, {0xaa}}; }), actual));
  EXPECT_FALSE(environments(actual, with([&](auto& c) { c.class_map = acme; })));
  // A class is compared as a whole; a selector of it is not.
  const Class id_alone{.id = bytes("01"), .vendor = {}, .model = {}, .layer = {}, .index = {}};
  EXPECT_FALSE(environments(with([&](auto& c) { c.class_map = id_alone; }), actual));
  EXPECT_TRUE(selects(id_alone, acme));
  EXPECT_FALSE(selects(acme, id_alone));
  EXPECT_FALSE(selects({}, acme));
}

TEST(MatchSvn, FollowsTheTableOfTheDraft) {
  struct Case {
    Svn condition, actual;
    bool matches;
  };
  for (const auto& [condition, actual, expected] :
       {Case{{5, false}, {5, false}, true}, Case{{5, false}, {6, false}, false}, Case{{5, true}, {4, false}, false},
        Case{{5, true}, {5, false}, true}, Case{{5, true}, {6, false}, true}, Case{{5, false}, {5, true}, false},
        Case{{5, true}, {5, true}, true}, Case{{5, true}, {6, true}, false}}) {
    EXPECT_EQ(security_versions(condition, actual), expected) << condition.value << " " << actual.value;
  }
}

TEST(MatchDigests, NeedsOneAlgorithmInCommonAndNoneThatDiffers) {
  using List = std::vector<CorimDigest>;
  struct Case {
    std::string_view what;
    List condition, actual;
    bool matches;
  };
  const std::string a(64, 'a'), b(64, 'b');
  const CorimDigest sha256 = digest(std::int64_t{1}, a), other256 = digest(std::int64_t{1}, b);
  const CorimDigest named256 = digest("sha-256", a), other_named256 = digest("sha-256", b);
  const CorimDigest sha384 = digest(std::int64_t{7}, std::string(96, 'a'));
  const CorimDigest other384 = digest(std::int64_t{7}, std::string(96, 'b'));
  for (const auto& [what, condition, actual, expected] :
       {Case{"the same", {sha256}, {sha256}, true}, Case{"another value", {sha256}, {other256}, false},
        Case{"more in the condition", {sha256, sha384}, {sha256}, true},
        Case{"more in the evidence", {sha256}, {sha384, sha256}, true},
        Case{"one agrees, one does not", {sha256, sha384}, {sha256, other384}, false},
        Case{"none in common", {sha256}, {sha384}, false}, Case{"empty condition", {}, {sha256}, false},
        Case{"empty evidence", {sha256}, {}, false},
        Case{"twice in the condition", {sha256, other256}, {sha256}, false},
        Case{"twice in the evidence", {sha256}, {sha256, other256}, false}, Case{"by name", {sha256}, {named256}, true},
        Case{"by name, another value", {sha256}, {other_named256}, false},
        Case{"twice by number and name", {sha256, named256}, {sha256}, false},
        Case{"an unknown algorithm", {digest("x", "01")}, {digest("x", "01")}, true}}) {
    EXPECT_EQ(digests(condition, actual), expected) << what;
  }
}

// Each is compared with each: a set of any size must not take any time.
TEST(MatchDigests, OfMoreAlgorithmsThanThereAreAreAmbiguous) {
  std::vector<CorimDigest> many;
  for (std::int64_t algorithm = 100; algorithm < 164; ++algorithm) many.push_back(digest(algorithm, "01"));
  EXPECT_FALSE(is_ambiguous(many));
  EXPECT_TRUE(digests(many, many));
  many.push_back(digest(std::int64_t{164}, "01"));
  EXPECT_TRUE(is_ambiguous(many));
  EXPECT_FALSE(digests(many, many));
  EXPECT_FALSE(digests({many.data(), 1}, many));
}

TEST(MatchRawValue, ComparesWhereTheMaskHasOnes) {
  struct Case {
    RawValue condition, actual;
    bool matches;
  };
  for (const auto& [condition, actual, expected] :
       {Case{{hex("0102"), {}}, {hex("0102"), {}}, true}, Case{{hex("0102"), {}}, {hex("0103"), {}}, false},
        Case{{hex("0102"), hex("ff00")}, {hex("01ff"), {}}, true},
        Case{{hex("0102"), hex("ff01")}, {hex("01ff"), {}}, false},
        Case{{hex("0102"), hex("0000")}, {hex("01"), {}}, false},
        Case{{hex("0102"), hex("00")}, {hex("0102"), {}}, false},
        Case{{hex("0102"), {}}, {hex("0102"), hex("ffff")}, false}}) {
    EXPECT_EQ(raw_values(condition, actual), expected) << to_hex(condition.value) << " " << to_hex(actual.value);
  }
}

TEST(MatchRange, IsInclusion) {
  using Value = std::variant<std::int64_t, IntRange>;
  const auto range = [](std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    return Value(IntRange{.minimum = from, .maximum = to});
  };
  const auto number = [](std::int64_t value) { return Value(value); };
  struct Case {
    Value condition, actual;
    bool matches;
  };
  const auto none = std::nullopt;
  int row = 0;
  for (const auto& [condition, actual, expected] :
       {Case{number(5), number(5), true}, Case{number(5), number(6), false}, Case{range(1, 5), number(1), true},
        Case{range(1, 5), number(5), true}, Case{range(1, 5), number(6), false}, Case{range(1, 5), number(0), false},
        Case{range(none, 5), number(-100), true}, Case{range(1, none), number(100), true},
        Case{range(none, none), number(0), true}, Case{number(5), range(5, 5), true},
        Case{number(5), range(5, 6), false}, Case{number(5), range(none, 5), false},
        Case{range(1, 5), range(2, 4), true}, Case{range(1, 5), range(1, 5), true},
        Case{range(1, 5), range(0, 5), false}, Case{range(1, 5), range(1, 6), false},
        Case{range(1, none), range(1, none), true}, Case{range(1, 5), range(1, none), false},
        Case{range(none, none), range(none, none), true}}) {
    EXPECT_EQ(ranges(condition, actual), expected) << "row " << row;
    ++row;
  }
}

TEST(MatchFlags, NeedEachFlagOfTheCondition) {
  std::array<std::optional<bool>, 10> condition{}, actual{};
  EXPECT_TRUE(flags(condition, actual));
  condition[3] = false;
  EXPECT_FALSE(flags(condition, actual));  // unknown is not false
  actual[3] = false;
  actual[1] = true;
  EXPECT_TRUE(flags(condition, actual));
  actual[3] = true;
  EXPECT_FALSE(flags(condition, actual));
}

TEST(MatchRegisters, NeedEachRegisterOfTheCondition) {
  using Register = MeasurementValues::IntegrityRegister;
  const std::string a(64, 'a'), b(64, 'b');
  const std::vector<CorimDigest> good{digest(std::int64_t{1}, a)}, bad{digest(std::int64_t{1}, b)};
  const Register zero{.id = std::uint64_t{0}, .digests = good}, text{.id = std::string("0"), .digests = good};
  const std::vector actual{zero, Register{.id = std::uint64_t{1}, .digests = good}};
  EXPECT_TRUE(integrity_registers(std::vector{zero}, actual));
  EXPECT_FALSE(integrity_registers(std::vector{text}, actual));  // "0" is another register than 0
  EXPECT_FALSE(integrity_registers(std::vector{Register{.id = std::uint64_t{1}, .digests = bad}}, actual));
  EXPECT_FALSE(integrity_registers(std::vector{zero, Register{.id = std::uint64_t{2}, .digests = good}}, actual));
  EXPECT_FALSE(integrity_registers({}, actual));
}

TEST(MatchKeys, CompareFromTheFirst) {
  const CryptoKey a{kTagBytes, {1}}, b{kTagBytes, {2}}, c{kTagThumbprint, {1}};
  EXPECT_TRUE(crypto_keys(std::vector{a}, std::vector{a, b}));
  EXPECT_TRUE(crypto_keys(std::vector{a, b}, std::vector{a, b}));
  EXPECT_FALSE(crypto_keys(std::vector{b}, std::vector{a, b}));
  EXPECT_FALSE(crypto_keys(std::vector{a, b}, std::vector{a}));
  EXPECT_FALSE(crypto_keys(std::vector{c}, std::vector{a}));
  EXPECT_FALSE(crypto_keys({}, std::vector{a}));
}

TEST(MatchAuthority, IsTheKeyWhateverItsForm) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto certificate =
      crypto::self_sign(key,
                        {.common_name = "s", .dns_names = {}, .not_before = {}, .not_after = Timestamp(Seconds(9))})
          .value();
  const CryptoKey pem{kTagPkixBase64Key, to_bytes(as_bytes(key.public_key().pem()))};
  const CryptoKey bare{kTagPkixBase64Key, to_bytes(as_bytes(to_base64(key.public_key().spki())))};
  const CryptoKey der{kTagPkixAsn1DerCert, to_bytes(certificate.der())};
  const CryptoKey name{kTagBytes, {1}}, other{kTagBytes, {2}};
  EXPECT_TRUE(authorities({}, std::vector{pem}));
  EXPECT_TRUE(authorities(std::vector{bare}, std::vector{pem}));
  EXPECT_TRUE(authorities(std::vector{der, name}, std::vector{name, pem}));
  EXPECT_FALSE(authorities(std::vector{pem, other}, std::vector{pem, name}));
  EXPECT_FALSE(authorities(std::vector{pem}, {}));
}

Measurement measurement(std::optional<std::uint64_t> key, std::string name) {
  Measurement made;
  if (key) made.key = *key;
  made.values.name = std::move(name);
  return made;
}

TEST(MatchMeasurements, GoByTheirKeys) {
  const std::vector actual{measurement(1, "a"), measurement(2, "b"), measurement({}, "c"), measurement(3, "d"),
                           measurement(3, "e")};
  EXPECT_TRUE(measurements(std::vector{measurement(2, "b")}, actual, {}));
  EXPECT_TRUE(measurements(std::vector{measurement({}, "c"), measurement(1, "a")}, actual, {}));
  EXPECT_TRUE(measurements({}, actual, {}));
  EXPECT_FALSE(measurements(std::vector{measurement(2, "a")}, actual, {}));
  EXPECT_FALSE(measurements(std::vector{measurement(4, "a")}, actual, {}));
  EXPECT_FALSE(measurements(std::vector{measurement(3, "d")}, actual, {}));  // twice in the evidence
  Measurement authorized = measurement(1, "a");
  authorized.authorized_by.push_back({kTagBytes, {7}});
  EXPECT_FALSE(measurements(std::vector{authorized}, actual, {}));
  EXPECT_TRUE(measurements(std::vector{authorized}, actual, std::vector{CryptoKey{kTagBytes, {7}}}));
}

struct Member {
  std::string_view name;
  void (*set)(MeasurementValues&);
  void (*change)(MeasurementValues&);
};

// Every member that a condition may have: the same matches, another value and none do not, and the difference has its
// name.
TEST(MatchValues, NameTheMemberThatDiffers) {
  const auto good = std::vector{digest(std::int64_t{1}, std::string(64, 'a'))};
  const Member members[]{
      {"version", [](auto& v) { v.version = Version{"1", {}}; }, [](auto& v) { v.version = Version{"1", 1}; }},
      {"svn", [](auto& v) { v.svn = Svn{5, true}; }, [](auto& v) { v.svn = Svn{4, false}; }},
      {"digests", [](auto& v) { v.digests = {digest(std::int64_t{1}, std::string(64, 'a'))}; },
       [](auto& v) { v.digests = {digest(std::int64_t{1}, std::string(64, 'b'))}; }},
      {"flags", [](auto& v) { v.flags[2] = true; }, [](auto& v) { v.flags[2] = false; }},
      {"raw-value", [](auto& v) { v.raw_value = RawValue{{1}, {}}; }, [](auto& v) { v.raw_value = RawValue{{2}, {}}; }},
      {"mac-addr", [](auto& v) { v.mac_address = Bytes(6, 1); }, [](auto& v) { v.mac_address = Bytes(6, 2); }},
      {"ip-addr", [](auto& v) { v.ip_address = Bytes(4, 1); }, [](auto& v) { v.ip_address = Bytes(4, 2); }},
      {"serial-number", [](auto& v) { v.serial_number = "1"; }, [](auto& v) { v.serial_number = "2"; }},
      {"ueid", [](auto& v) { v.ueid = Bytes(7, 1); }, [](auto& v) { v.ueid = Bytes(7, 2); }},
      {"uuid", [](auto& v) { v.uuid = Uuid{}; }, [](auto& v) { v.uuid = Uuid{{1}}; }},
      {"name", [](auto& v) { v.name = "a"; }, [](auto& v) { v.name = "b"; }},
      {"cryptokeys", [](auto& v) { v.keys = {{kTagBytes, {1}}}; }, [](auto& v) { v.keys = {{kTagBytes, {2}}}; }},
      {"integrity-registers",
       [](auto& v) { v.integrity_registers = {{std::uint64_t{0}, {digest(std::int64_t{1}, std::string(64, 'a'))}}}; },
       [](auto& v) { v.integrity_registers = {{std::uint64_t{0}, {digest(std::int64_t{1}, std::string(64, 'b'))}}}; }},
      {"int-range", [](auto& v) { v.int_range = std::int64_t{1}; }, [](auto& v) { v.int_range = std::int64_t{2}; }}};
  for (const Member& member : members) {
    MeasurementValues condition, same, changed, absent;
    member.set(condition);
    (member.name == "svn" ? void(same.svn = Svn{5, false}) : member.set(same));
    member.change(changed);
    absent.others = {{99, {0xf6}}};
    EXPECT_EQ(first_difference(condition, same), std::nullopt) << member.name;
    EXPECT_EQ(first_difference(condition, changed), member.name);
    EXPECT_EQ(first_difference(condition, absent), member.name);
  }
}

TEST(MatchValues, RefuseWhatNobodyCanCompare) {
  MeasurementValues values;
  EXPECT_EQ(first_difference({}, values), "mval");
  values.others = {{-1, {0xf6}}};
  EXPECT_EQ(first_difference(values, values), "unknown member");
}

CorimDigest any_digest() {
  const auto algorithm = *rc::gen::element<std::int64_t>(1, 7, 100);
  const std::size_t size = algorithm == 1 ? 32 : algorithm == 7 ? 48 : 1;
  return {.algorithm = algorithm, .value = Bytes(size, *rc::gen::inRange<std::uint8_t>(0, 2))};
}

RC_GTEST_PROP(MatchProperty, DigestsAgreeInBothDirections, ()) {
  const auto one = *rc::gen::container<std::vector<CorimDigest>>(rc::gen::exec(any_digest));
  const auto other = *rc::gen::container<std::vector<CorimDigest>>(rc::gen::exec(any_digest));
  RC_ASSERT(digests(one, other) == digests(other, one));
}

RC_GTEST_PROP(MatchProperty, AMatchOfDigestsHasNoPairThatDiffers, ()) {
  const auto one = *rc::gen::container<std::vector<CorimDigest>>(rc::gen::exec(any_digest));
  const auto other = *rc::gen::container<std::vector<CorimDigest>>(rc::gen::exec(any_digest));
  if (!digests(one, other)) return;
  for (const CorimDigest& left : one)
    for (const CorimDigest& right : other) RC_ASSERT(left.algorithm != right.algorithm || left.value == right.value);
}

RC_GTEST_PROP(MatchProperty, AMaskOnlyMakesMoreMatch, ()) {
  const Bytes value = *rc::gen::container<Bytes>(4, rc::gen::arbitrary<std::uint8_t>());
  const Bytes mask = *rc::gen::container<Bytes>(4, rc::gen::arbitrary<std::uint8_t>());
  Bytes actual = value;
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, 4);
  actual[at] = *rc::gen::arbitrary<std::uint8_t>();
  const bool masked = raw_values({value, mask}, {actual, {}});
  RC_ASSERT(masked == (((value[at] ^ actual[at]) & mask[at]) == 0));
  if (raw_values({value, {}}, {actual, {}})) RC_ASSERT(masked);
}

}  // namespace
}  // namespace credence::rats::match
