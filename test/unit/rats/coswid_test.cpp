#include "rats/coswid/coswid.h"

#include <gtest/gtest.h>

#include "hex.h"
#include "support/ordered_diagnostic.h"
#include "support/vectors.h"

namespace credence::rats {
namespace {

Bytes coswid(std::string_view payload) {
  return test::Diagnostic::encode(R"({0: "t", 1: "Gadget", 12: 3, 13: "1.0", 2: {31: "ACME", 33: 1}, 6: )" +
                                  std::string(payload) + "}");
}

TEST(Coswid, HasItsFilesWithTheirPaths) {
  const Coswid read = decode_coswid(coswid(R"({
      17: [{24: "a", 20: 5, 21: "v", 7: [1, h'a314fc2dc663ae7a6b6bc6787594057396e6b3f569cd50fd5ddb4d1bbafd2b6a']}, {24: "b"}],
      16: {26: {16: {24: "inner", 26: {17: {24: "c"}}}, 17: {24: "d"}}, 25: "/", 24: "outer"}})"))
                          .value();
  EXPECT_EQ(read.id, TagId("t"));
  EXPECT_EQ(read.software_name, "Gadget");
  EXPECT_EQ(read.tag_version, 3);
  EXPECT_EQ(read.software_version, "1.0");
  ASSERT_EQ(read.entities.size(), 1U);
  EXPECT_EQ(read.entities[0].name, "ACME");
  EXPECT_EQ(read.entities[0].roles, std::vector<std::int64_t>{1});
  ASSERT_EQ(read.payload.size(), 4U);
  EXPECT_EQ(read.payload[0].path, "a");
  EXPECT_EQ(read.payload[0].size, 5U);
  EXPECT_EQ(read.payload[0].version, "v");
  EXPECT_EQ(hash_of(*read.payload[0].digest), crypto::HashAlgorithm::sha256);
  EXPECT_EQ(read.payload[1].path, "b");
  EXPECT_EQ(read.payload[2].path, "/outer/inner/c");
  EXPECT_EQ(read.payload[3].path, "/outer/d");
  EXPECT_TRUE(read.evidence.empty());
}

TEST(Coswid, RefusesWhatIsMissingOrTooMuch) {
  struct Case {
    std::string_view notation;
    Errc code;
    std::string_view path;
  };
  ASSERT_TRUE(decode_coswid(coswid("{}")));
  for (const auto& [notation, code, path] :
       {Case{R"({1: "n", 2: {31: "E", 33: 1}})", Errc::missing_member, ""},
        Case{R"({0: "t", 2: {31: "E", 33: 1}})", Errc::missing_member, ""},
        Case{R"({0: "t", 1: "n"})", Errc::missing_member, ""},
        Case{R"({0: "t", 1: "n", 2: {33: 1}})", Errc::missing_member, "entity"},
        Case{R"({0: 5, 1: "n", 2: {31: "E", 33: 1}})", Errc::unexpected_type, "tag-id"},
        Case{R"({0: "t", 6: {17: {20: 1}}})", Errc::missing_member, "payload.file"},
        Case{R"({0: "t", 6: {16: {26: {}}}})", Errc::missing_member, "payload.directory"},
        Case{R"({0: "t", 6: {17: {24: "f", 7: [1, h'00']}}})", Errc::invalid_value, "payload.file.hash"}}) {
    const auto read = decode_coswid(test::Diagnostic::encode(notation));
    ASSERT_FALSE(read) << notation;
    EXPECT_EQ(read.error().code, code) << read.error().text();
    EXPECT_EQ(read.error().path, path) << read.error().text();
  }
  const Bytes two = coswid(R"({17: [{24: "a"}, {24: "b"}]})");
  EXPECT_TRUE(decode_coswid(two, {.files = 2}));
  EXPECT_EQ(decode_coswid(two, {.files = 1}).error().code, Errc::too_large);
}

TEST(Coswid, BoundsDirectoriesWithinDirectories) {
  std::string nested = R"({17: {24: "f"}})";
  for (int i = 0; i < 9; ++i) nested = R"({16: {24: "d", 26: )" + nested + "}}";
  EXPECT_EQ(decode_coswid(coswid(nested)).value().payload.at(0).path, "d/d/d/d/d/d/d/d/d/f");
  for (int i = 0; i < 9; ++i) nested = R"({16: {24: "d", 26: )" + nested + "}}";
  EXPECT_EQ(decode_coswid(coswid(nested)).error().code, Errc::too_deep);
}

TEST(CoswidVectors, OfCocliAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const std::string_view file : {"cmd/testcases/test-coswid.cbor", "data/coswid/1.cbor"}) {
    const auto read = decode_coswid(test::read_file(root / "corim/veraison-cocli" / file));
    ASSERT_TRUE(read) << file << ": " << read.error().text();
    EXPECT_EQ(read->id, TagId("com.acme.rrd2013-ce-sp1-v4-1-5-0")) << file;
    EXPECT_EQ(read->entities.size(), 2U) << file;
    ASSERT_EQ(read->payload.size(), 1U) << file;
    EXPECT_EQ(read->payload[0].path, "%programdata%/rrdetector/rrdetector.exe") << file;
    EXPECT_EQ(read->payload[0].digest->value.size(), 32U) << file;
  }
}

}  // namespace
}  // namespace credence::rats
