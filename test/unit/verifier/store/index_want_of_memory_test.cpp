// An index that lacks memory for a change: who looks at it next finds no part of the change, before whoever made it has
// done anything about it.
#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../fixture.h"
#include "support/allocations.h"
#include "verifier/store/content.h"
#include "verifier/store/deactivated.h"
#include "verifier/store/index.h"

namespace credence::verifier {
namespace {

constexpr std::string_view kTorn = "a change could not be taken over whole, for want of memory";
constexpr std::size_t kMostFailures = 100'000;

// What an index is to know, with reference values under a key.
struct Known {
  test::EvidenceMaker maker;
  Content content =
      read_by_profile(evidence::tpm::veraison_corim(maker.endorsement()).value(), std::string(64, 'a')).value();
  Content::Entry entry = content.entry(0);
  std::vector<std::string> comid{comid_deactivation(content.origin().id, content.tags().at(0).id).value()};

  [[nodiscard]] Result<std::shared_ptr<const Endorsed>> find(const Index& index) const {
    return index.find({.scheme = content.scheme(), .topic = entry.topic, .key = entry.key});
  }
};

// Plain functions, and the content apart: what is done around the change must take no memory.
struct IndexChange {
  std::string_view name;
  void (*before)(Index& index, const Known& known);
  void (*change)(Index& index, Content content, const Known& known);
};

constexpr auto kNothing = [](Index&, const Known&) {};
constexpr auto kAdded = [](Index& index, const Known& known) { index.add(known.content); };
constexpr auto kDeactivated = [](Index& index, const Known& known) {
  index.add(known.content);
  index.set_active(known.comid, false);
};

constexpr IndexChange kIndexChanges[] = {
    {.name = "add",
     .before = kNothing,
     .change = [](Index& index, Content content, const Known&) { index.add(std::move(content)); }},
    {.name = "remove",
     .before = kAdded,
     .change = [](Index& index, Content, const Known& known) { index.remove(known.content.origin().id); }},
    {.name = "deactivate",
     .before = kAdded,
     .change = [](Index& index, Content, const Known& known) { index.set_active(known.comid, false); }},
    {.name = "activate",
     .before = kDeactivated,
     .change = [](Index& index, Content, const Known& known) { index.set_active(known.comid, true); }},
};

// True when it was interrupted.
bool lacks_memory(const IndexChange& example, Index& index, Content content, const Known& known) {
  try {
    example.change(index, std::move(content), known);
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  }
}

TEST(IndexInWantOfMemory, IsTornFromTheExceptionOn) {
  const Known known;
  for (const IndexChange& example : kIndexChanges) {
    SCOPED_TRACE(example.name);
    std::size_t interruptions = 0;
    bool failed = true;
    for (std::size_t number = 0; failed && number < kMostFailures; ++number) {
      Index index;
      example.before(index, known);
      const bool was_found = known.find(index).value() != nullptr;  // and is remembered, joined
      Content content = known.content;
      test::fail_allocation(number);
      const bool interrupted = lacks_memory(example, index, std::move(content), known);
      failed = test::allow_allocations();
      ASSERT_EQ(index.is_torn(), interrupted) << number;
      if (!interrupted) {
        EXPECT_NE(known.find(index).value() != nullptr, was_found);
        continue;
      }
      ++interruptions;
      test::expect_refused(known.find(index), Errc::unavailable, kTorn);
      test::expect_refused(index.deny_list(), Errc::unavailable, kTorn);
      for (const Index::Whole whole : {Index::Whole::no, Index::Whole::yes})
        test::expect_refused(index.origins(known.content.origin().source, whole), Errc::unavailable, kTorn);
      test::expect_refused(index.newest_with_tag(known.content.origin().profile, known.content.tags().at(0).id,
                                                 [](const Origin&) { return true; }),
                           Errc::unavailable, kTorn);
    }
    EXPECT_FALSE(failed);
    EXPECT_GT(interruptions, 0U);
  }
}

TEST(IndexInWantOfMemory, IsNotMendedByAChange) {
  const Known known;
  for (const IndexChange& example : kIndexChanges) {
    SCOPED_TRACE(example.name);
    Index index;
    example.before(index, known);
    index.tear();
    example.change(index, known.content, known);
    EXPECT_TRUE(index.is_torn());
    test::expect_refused(known.find(index), Errc::unavailable, kTorn);
    index.clear();
    index.add(known.content);
    EXPECT_TRUE(index.is_torn());
    index.mend();
    EXPECT_FALSE(index.is_torn());
    EXPECT_NE(known.find(index).value(), nullptr);
  }
}

}  // namespace
}  // namespace credence::verifier
