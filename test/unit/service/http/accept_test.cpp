#include "service/http/accept.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace credence::service::http {
namespace {

constexpr std::string_view kType = "application/vnd.x+json";

struct Case {
  std::string name;
  std::string header;
  bool accepted;
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.header; }

class Accept : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Rfc9110, Accept,
    testing::Values(Case{"missing", "", true}, Case{"spaces", "  ", true}, Case{"any", "*/*", true},
                    Case{"exact", "application/vnd.x+json", true}, Case{"other_case", "Application/VND.x+JSON", true},
                    Case{"subtypes", "application/*", true}, Case{"other", "text/plain", false},
                    Case{"other_subtypes", "text/*", false},
                    Case{"listed", "text/html, application/vnd.x+json;q=0.1", true},
                    Case{"empty_elements", ", ,application/*,", true},
                    Case{"refused_by_weight", "application/vnd.x+json;q=0, */*", false},
                    Case{"refused_by_long_zero", "*/*, application/*;q=0.000", false},
                    Case{"allowed_beside_a_refused_range", "*/*;q=0, application/vnd.x+json", true},
                    Case{"comma_in_quotes", "text/plain;a=\"b,application/*\"", false}),
    [](const auto& example) { return example.param.name; });

TEST_P(Accept, DecidesByTheClosestRange) { EXPECT_EQ(accepts(GetParam().header, kType).value(), GetParam().accepted); }

TEST(Accept, RefusesWhatIsNoMediaRange) {
  EXPECT_EQ(accepts("application", kType).error().code, Errc::malformed);
  EXPECT_EQ(accepts("a/b;q", kType).error().code, Errc::malformed);
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a/b,";
  EXPECT_EQ(accepts(many, kType).error().code, Errc::malformed);
}

}  // namespace
}  // namespace credence::service::http
