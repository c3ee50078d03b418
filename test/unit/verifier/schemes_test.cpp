// What holds for each scheme in the list of cmake/Schemes.cmake: a scheme that is added is complete, or one of these
// fails. (That each kind of evidence has a fuzz target is checked by test/fuzz/CMakeLists.txt.)
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "evidence/kind.h"
#include "rats/cmw/cmw.h"
#include "support/vectors.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

bool has_type(const evidence::Form& form, std::string_view type) {
  return std::ranges::any_of(form.media_types, [&](std::string_view one) { return rats::same_media_type(one, type); });
}

std::size_t forms_of_type(std::string_view type) {
  std::size_t count = 0;
  for (const evidence::Kind* kind : evidence::kinds())
    count += static_cast<std::size_t>(
        std::ranges::count_if(kind->forms, [&](const evidence::Form& form) { return has_type(form, type); }));
  return count;
}

std::string documents_of_evidence() {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(CREDENCE_SOURCE_DIR "/docs/formats"))
    if (entry.path().filename().string().starts_with("evidence-")) all += test::read_text(entry.path());
  return all;
}

TEST(Schemes, TakeMediaTypesThatInspectCanShow) {
  ASSERT_FALSE(schemes().empty());
  EXPECT_EQ(forms_of_type("text/plain"), 0U);
  for (const Scheme* scheme : schemes()) {
    EXPECT_FALSE(scheme->media_types().empty()) << scheme->name();
    for (const std::string_view type : scheme->media_types()) EXPECT_EQ(forms_of_type(type), 1U) << type;
  }
}

TEST(Schemes, ShareNeitherNamesNorMediaTypesNorProfiles) {
  std::set<std::string_view> names;
  std::set<std::string_view> profiles;
  for (const Scheme* scheme : schemes()) {
    EXPECT_TRUE(names.insert(scheme->name()).second) << scheme->name();
    for (const std::string_view type : scheme->media_types()) EXPECT_EQ(find_scheme(type), scheme) << type;
    EXPECT_FALSE(scheme->profiles().empty()) << scheme->name();
    for (const std::string_view profile : scheme->profiles()) EXPECT_TRUE(profiles.insert(profile).second) << profile;
  }
}

TEST(Schemes, AreDocumentedUnderTheirMediaTypes) {
  const std::string documents = documents_of_evidence();
  EXPECT_FALSE(documents.contains("application/of-no-scheme"));
  for (const Scheme* scheme : schemes())
    for (const std::string_view type : scheme->media_types()) EXPECT_TRUE(documents.contains(type)) << type;
}

TEST(Kinds, AreReadBySomeScheme) {
  ASSERT_FALSE(evidence::kinds().empty());
  EXPECT_EQ(find_scheme("text/plain"), nullptr);
  for (const evidence::Kind* kind : evidence::kinds())
    for (const evidence::Form& form : kind->forms)
      for (const std::string_view type : form.media_types) EXPECT_NE(find_scheme(type), nullptr) << type;
}

TEST(Kinds, DescribeOnlyWhatIsOfTheirForm) {
  for (const evidence::Kind* kind : evidence::kinds()) {
    EXPECT_FALSE(kind->forms.empty()) << kind->name;
    for (const evidence::Form& form : kind->forms) {
      ASSERT_NE(form.describe, nullptr) << form.format;
      EXPECT_FALSE(form.describe({})) << form.format;
      EXPECT_FALSE(form.describe(as_bytes("of no form"))) << form.format;
    }
  }
}

}  // namespace
}  // namespace credence::verifier
