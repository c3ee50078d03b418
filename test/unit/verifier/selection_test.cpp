// What a store says to the questions of CoSERV, by the index and by the walk.
#include "verifier/store/selection.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "any_store.h"
#include "evidence/tpm/endorsement.h"
#include "rats/corim/corim.h"
#include "support/refusal.h"
#include "temporary_folder.h"
#include "verifier/store.h"

namespace credence::verifier {
namespace {

using rats::ArtifactType;

rats::TaggedBytes uuid(std::uint8_t octet) { return {.tag = rats::kTagUuid, .value = Bytes(16, octet)}; }

rats::Class class_of(std::uint8_t id, std::string vendor) {
  return {.id = uuid(id), .vendor = std::move(vendor), .model = {}, .layer = {}, .index = {}};
}

rats::ReferenceTriple values_of(std::uint8_t id, const std::string& vendor) {
  rats::ReferenceTriple made;
  made.environment.class_map = class_of(id, vendor);
  rats::Measurement& pcr = made.measurements.emplace_back();
  pcr.key = std::uint64_t{0};
  pcr.values.digests.push_back({.algorithm = std::int64_t{1}, .value = Bytes(32, id)});
  return made;
}

rats::Corim corim_of(const std::string& id, rats::Comid comid) {
  rats::Corim made;
  made.id = id;
  made.profile = std::string(evidence::tpm::kParsecTpmProfile);
  comid.id = id;
  made.comids.push_back(std::move(comid));
  return made;
}

class Selecting : public testing::TestWithParam<test::StoreKind> {
 protected:
  std::string submit(const std::string& id, rats::Comid comid) {
    const rats::Corim made = corim_of(id, std::move(comid));
    return store->submit(made, rats::encode_corim(made).value()).value().id;
  }
  Result<std::vector<SelectedStatement>> select(ArtifactType artifact, std::vector<rats::Class> classes) {
    rats::ClassSelectors selectors;
    for (rats::Class& selected : classes) selectors.push_back({.selected = std::move(selected)});
    return store->select(evidence::tpm::kParsecTpmProfile,
                         {.artifact = artifact, .environments = std::move(selectors)});
  }
  std::size_t found(std::vector<rats::Class> classes, ArtifactType artifact = ArtifactType::reference_values) {
    return select(artifact, std::move(classes)).value().size();
  }

  test::TemporaryFolder folder;
  std::shared_ptr<Store> store = GetParam().open(folder.path());
};
INSTANTIATE_TEST_SUITE_P(Stores, Selecting, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(Selecting, FindsByIdentifierWhatAWalkFinds) {
  rats::Comid first, second;
  first.reference_values = {values_of(1, "ours"), values_of(2, "ours"), values_of(2, "theirs")};
  second.reference_values = {values_of(2, "ours"), values_of(3, "theirs")};
  submit("first", std::move(first));
  const std::string gone = submit("second", std::move(second));

  const rats::Class any_of_ours{.id = {}, .vendor = "ours", .model = {}, .layer = {}, .index = {}};
  const rats::Class any_second{.id = uuid(2), .vendor = {}, .model = {}, .layer = {}, .index = {}};
  EXPECT_EQ(found({class_of(1, "ours")}), 1U);
  EXPECT_EQ(found({class_of(2, "ours")}), 2U);
  EXPECT_EQ(found({any_second}), 3U);
  EXPECT_EQ(found({any_of_ours}), 3U);
  EXPECT_EQ(found({class_of(2, "ours"), any_second, class_of(1, "ours")}), 4U) << "each once";
  EXPECT_EQ(found({class_of(1, "theirs")}), 0U);
  EXPECT_EQ(found({class_of(9, "ours")}), 0U);
  EXPECT_EQ(found({any_second}, ArtifactType::endorsed_values), 0U);

  ASSERT_TRUE(store->set_active({&gone, 1}, false));
  EXPECT_EQ(found({any_second}), 2U);
  EXPECT_EQ(found({any_of_ours}), 2U);
  ASSERT_TRUE(store->set_active({&gone, 1}, true));
  EXPECT_EQ(found({any_second}), 3U);
}

TEST_P(Selecting, FindsAConditionByEachOfItsEnvironmentsOnce) {
  rats::Comid comid;
  comid.conditional_endorsements.push_back(
      {.conditions = {values_of(1, "a"), values_of(2, "a")}, .endorsements = {values_of(3, "a")}});
  submit("conditions", std::move(comid));
  for (const std::uint8_t id : {std::uint8_t{1}, std::uint8_t{2}})
    EXPECT_EQ(found({class_of(id, "a")}, ArtifactType::endorsed_values), 1U) << +id;
  EXPECT_EQ(found({class_of(1, "a"), class_of(2, "a")}, ArtifactType::endorsed_values), 1U);
  EXPECT_EQ(found({class_of(3, "a")}, ArtifactType::endorsed_values), 0U);
}

TEST_P(Selecting, FindsByLayerAndByIndex) {
  rats::Comid comid;
  for (const std::uint64_t layer : {1U, 2U, 300U}) {
    rats::ReferenceTriple& values = comid.reference_values.emplace_back(values_of(1, "ours"));
    values.environment.class_map->layer = layer;
    values.environment.class_map->index = layer + 1;
  }
  submit("layers", std::move(comid));
  const auto by = [](std::optional<std::uint64_t> layer, std::optional<std::uint64_t> index) {
    return rats::Class{.id = {}, .vendor = {}, .model = {}, .layer = layer, .index = index};
  };
  EXPECT_EQ(found({by(2, {})}), 1U);
  EXPECT_EQ(found({by(300, {})}), 1U);
  EXPECT_EQ(found({by({}, 2)}), 1U);
  EXPECT_EQ(found({by(2, 3)}), 1U);
  EXPECT_EQ(found({by(2, 2)}), 0U);
  EXPECT_EQ(found({by(3, {})}), 0U) << "an index is no layer";
  EXPECT_EQ(found({{.id = {}, .vendor = {}, .model = "", .layer = 2, .index = {}}}), 0U) << "none has that model";
  EXPECT_EQ(found({by(1, {}), by({}, 301)}), 2U);
}

TEST_P(Selecting, FindsTheNewestWithATag) {
  const auto any = [](const Origin&) { return true; };
  const auto id_of = [&](std::string_view profile, std::string_view tag) {
    const auto origin = store->newest_with_tag(profile, tag, any).value();
    return origin ? origin->id : "none";
  };
  const std::string profile(evidence::tpm::kParsecTpmProfile);
  rats::Comid first, second;
  first.reference_values = {values_of(1, "ours")};
  first.version = 1;
  second.reference_values = {values_of(2, "ours")};
  second.version = 2;
  const std::string older = submit("tag", first);
  EXPECT_EQ(id_of(profile, "tag"), older);
  const std::string newer = submit("tag", second);
  EXPECT_EQ(id_of(profile, "tag"), newer);
  EXPECT_EQ(id_of("tag:other", "tag"), "none");
  EXPECT_EQ(id_of(profile, "another"), "none");
  EXPECT_EQ(id_of(profile, Content::coswid_name("tag")), "none") << "a CoMID is no CoSWID";
  EXPECT_EQ(store->newest_with_tag(profile, "tag", [&](const Origin& origin) { return origin.id == older; }).value(),
            nullptr)
      << "the newest or none";
  ASSERT_TRUE(store->set_active({&newer, 1}, false));
  EXPECT_EQ(id_of(profile, "tag"), older);
}

TEST_P(Selecting, BoundsItsAnswer) {
  rats::Comid comid;
  for (int i = 0; i < 4'097; ++i)
    comid.reference_values.push_back(values_of(i == 0 ? std::uint8_t{1} : std::uint8_t{2}, "a"));
  submit("many", std::move(comid));
  EXPECT_EQ(found({class_of(2, "a")}), 4'096U);
  test::expect_refused(select(ArtifactType::reference_values, {class_of(1, "a"), class_of(2, "a")}), Errc::too_large,
                       "more than 4096");
}

}  // namespace
}  // namespace credence::verifier
