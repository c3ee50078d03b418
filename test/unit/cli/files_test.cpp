#include "cli/files.h"

#include <gtest/gtest.h>

#include "support/refusal.h"
#include "support/temporary_directory.h"

namespace credence::cli {
namespace {

TEST(ReadFile, GivesWhatWasWritten) {
  const test::TemporaryDirectory folder;
  const Bytes content{1, 2, 3};
  ASSERT_TRUE(write_file(folder.path() / "file", content));
  EXPECT_EQ(read_file(folder.path() / "file").value(), content);
  test::expect_refused(read_file(folder.path() / "file", 2), Errc::too_large, "expected at most 2 octets");
}

TEST(ReadFile, SaysWhatIsWrongWithThePath) {
  const test::TemporaryDirectory folder;
  test::expect_refused(read_file(folder.path()), Errc::not_found, "expected a file, got a directory");
  test::expect_refused(read_file(folder.path() / "none"), Errc::not_found, "No such file or directory");
}

}  // namespace
}  // namespace credence::cli
