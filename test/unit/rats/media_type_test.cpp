#include "rats/media_type.h"

#include <gtest/gtest.h>

#include "rats/corim/media_types.h"

namespace credence::rats {
namespace {

TEST(MediaType, HasEssenceAndParameters) {
  const MediaType parsed = parse_media_type(R"(Application/EAT+CWT; Eat_Profile="tag:x,2023:\"y\"" ;v=1)").value();
  EXPECT_EQ(parsed.essence, "application/eat+cwt");
  EXPECT_EQ(parsed.parameter("eat_profile"), "tag:x,2023:\"y\"");
  EXPECT_EQ(parsed.parameter("v"), "1");
  EXPECT_EQ(parsed.parameter("profile"), std::nullopt);
}

struct Refusal {
  std::string_view text;
  Errc code;
  std::optional<std::size_t> offset;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.text; }

class MediaTypeRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(MediaTypeRefusal, SaysWhere) {
  const auto parsed = parse_media_type(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, GetParam().code);
  EXPECT_EQ(parsed.error().offset, GetParam().offset);
}

INSTANTIATE_TEST_SUITE_P(All, MediaTypeRefusal,
                         testing::Values(Refusal{"", Errc::malformed, 0}, Refusal{"text", Errc::malformed, 0},
                                         Refusal{"/plain", Errc::malformed, 0}, Refusal{"text/", Errc::malformed, 0},
                                         Refusal{"text/plain x", Errc::malformed, 11},
                                         Refusal{"text/plain;", Errc::malformed, 11},
                                         Refusal{"text/plain;a", Errc::malformed, 12},
                                         Refusal{"text/plain;a=", Errc::malformed, 13},
                                         Refusal{"text/plain;a=\"b", Errc::malformed, 15},
                                         Refusal{"text/plain;a=\"b\\", Errc::malformed, 16},
                                         Refusal{"text/plain;a=\"\n\"", Errc::malformed, 14},
                                         Refusal{"text/plain;a=1;A=2", Errc::duplicate_key, std::nullopt}));

TEST(MediaType, LooksAreCheckedWithoutParsing) {
  EXPECT_TRUE(looks_like_media_type("application/vnd.1"));
  EXPECT_TRUE(looks_like_media_type("application/eat+cwt; eat_profile=\"x\""));
  EXPECT_FALSE(looks_like_media_type("application"));
  EXPECT_FALSE(looks_like_media_type("application/x y"));
  EXPECT_FALSE(looks_like_media_type("application/x;\n"));
}

TEST(CorimMediaType, OldNamesMeanTheSame) {
  const auto now = parse_corim_media_type(R"(application/rim+cbor; profile="tag:x,2026:y")").value();
  EXPECT_EQ(now.form, CorimForm::unsigned_corim);
  EXPECT_EQ(now.profile, "tag:x,2026:y");
  const auto old = parse_corim_media_type(R"(application/corim-unsigned+cbor; profile="tag:x,2026:y")").value();
  EXPECT_EQ(old.form, now.form);
  EXPECT_EQ(old.profile, now.profile);
  EXPECT_EQ(parse_corim_media_type("application/rim+cose").value().form, CorimForm::signed_corim);
  EXPECT_EQ(parse_corim_media_type("application/corim-signed+cbor").value().form, CorimForm::signed_corim);
  EXPECT_EQ(parse_corim_media_type("application/rim+cose").value().profile, std::nullopt);
}

TEST(CorimMediaType, OtherTypesAreRefusedByName) {
  const Error error = parse_corim_media_type("application/cbor").error();
  EXPECT_EQ(error.code, Errc::unsupported);
  EXPECT_EQ(error.why, "expected application/rim+cbor or application/rim+cose, got application/cbor");
}

TEST(CorimMediaType, IsWrittenInTheNamesOfRevision10) {
  EXPECT_EQ(to_text(CorimMediaType{CorimForm::unsigned_corim, "tag:\"x\""}),
            R"(application/rim+cbor; profile="tag:\"x\"")");
  EXPECT_EQ(to_text(CorimMediaType{CorimForm::signed_corim, std::nullopt}), "application/rim+cose");
  EXPECT_EQ(parse_corim_media_type(to_text(CorimMediaType{CorimForm::unsigned_corim, "tag:\"x\""})).value().profile,
            "tag:\"x\"");
}

}  // namespace
}  // namespace credence::rats
