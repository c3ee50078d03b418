#include "service/audit/log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "support/certificate_files.h"
#include "support/temporary_directory.h"

namespace credence::service::audit {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class AuditLogTest : public testing::Test {
 protected:
  [[nodiscard]] Result<std::unique_ptr<Log>> open() const { return Log::open(file, clock); }
  void write(std::size_t lines, Durability durability = Durability::at_once) const {
    const auto log = open().value();
    for (std::size_t i = 0; i < lines; ++i) ASSERT_TRUE(log->append(entry, durability));
  }
  [[nodiscard]] Result<Verified> verified() const { return verify(std::vector{file}); }

  const test::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "audit.log";
  const std::filesystem::path head = directory.path() / "audit.log.head";
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  Entry entry{.action = "submit_corim", .outcome = Outcome::begun, .principal = "anna"};
};

TEST_F(AuditLogTest, ContinuesAfterARestart) {
  write(2);
  write(3);
  const Verified result = verified().value();
  EXPECT_EQ(result.lines, 5U);
  EXPECT_EQ(result.start, Position{});
  EXPECT_EQ(result.end.sequence, 5U);
  EXPECT_EQ(parse_head(content_of(head)).value(), result.end);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(AuditLogTest, ContinuesInANewFileAfterARotation) {
  const std::filesystem::path old = directory.path() / "audit.log.1";
  {
    const auto log = open().value();
    ASSERT_TRUE(log->append(entry, Durability::soon));
    std::filesystem::rename(file, old);
    ASSERT_TRUE(log->append(entry, Durability::at_once));
  }
  const Verified both = verify(std::vector{old, file}).value();
  EXPECT_EQ(both.lines, 2U);
  EXPECT_EQ(verified().value().start.sequence, 1U);
  EXPECT_EQ(verify(std::vector{file, old}).error().code, Errc::conflict);
  // And when it was moved while nobody ran.
  std::filesystem::rename(file, directory.path() / "audit.log.2");
  write(1);
  EXPECT_EQ(verify(std::vector{old, directory.path() / "audit.log.2", file}).value().end.sequence, 3U);
}

struct Damage {
  std::string name;
  std::function<void(const std::filesystem::path&)> change;
  Errc code;
  std::string why;
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

void cut_last_line(const std::filesystem::path& file) {
  std::string text = content_of(file);
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

class Damages : public AuditLogTest, public testing::WithParamInterface<Damage> {};
INSTANTIATE_TEST_SUITE_P(
    All, Damages,
    testing::Values(Damage{"truncated", cut_last_line, Errc::conflict, "expected line 3, which"},
                    Damage{"last_line_rewritten",
                           [](const auto& file) {
                             cut_last_line(file);
                             Follower follower;
                             std::ifstream lines(file);
                             for (std::string line; std::getline(lines, line);) EXPECT_TRUE(follower.take(line));
                             std::ofstream(file, std::ios::app) << to_line({.action = "x"}, {}, follower.end()) << "\n";
                           },
                           Errc::conflict, "is not the one that"},
                    Damage{"altered",
                           [](const auto& file) {
                             std::string text = content_of(file);
                             text.replace(text.find("anna"), 4, "bert");
                             std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
                           },
                           Errc::conflict, "line 2: line 2 follows"},
                    Damage{"another_head", [](const auto& file) { test::write_file(file.string() + ".head", "what"); },
                           Errc::malformed, "expected the number and the digest"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Damages, AreSeenByReaderAndWriter) {
  write(3);
  ASSERT_TRUE(verified());
  GetParam().change(file);
  for (const Error& error : {verified().error(), open().error()}) {
    EXPECT_EQ(error.code, GetParam().code) << error.text();
    EXPECT_NE(error.text().find(GetParam().why), std::string::npos) << error.text();
  }
}

// The crash of a machine leaves what was never acknowledged.
TEST_F(AuditLogTest, DropsALineThatWasNotFinished) {
  write(2);
  std::ofstream(file, std::ios::app) << R"({"seq":3,"time)";
  EXPECT_EQ(verified().error().code, Errc::conflict);
  write(1);
  EXPECT_EQ(verified().value().lines, 3U);
}

// ... and the head one line behind.
TEST_F(AuditLogTest, MayBeAheadOfItsHead) {
  write(2);
  const std::string before = content_of(head);
  write(1);
  test::write_file(head, before);
  EXPECT_TRUE(verified());
  EXPECT_TRUE(open());
}

TEST_F(AuditLogTest, MakesAnUnhurriedLineDurableWithinASecond) {
  const auto log = open().value();
  ASSERT_TRUE(log->append(entry, Durability::soon));
  EXPECT_EQ(parse_head(content_of(head)).value().sequence, 0U);
  clock->advance(std::chrono::seconds(1));
  ASSERT_TRUE(log->append(entry, Durability::soon));
  EXPECT_EQ(parse_head(content_of(head)).value().sequence, 2U);
}

TEST_F(AuditLogTest, IsOneProcessesOwn) {
  const auto log = open().value();
  EXPECT_EQ(open().error().code, Errc::busy);
}

TEST_F(AuditLogTest, RefusesAFileThatOthersMayWrite) {
  write(1);
  std::filesystem::permissions(file, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
  EXPECT_EQ(open().error().code, Errc::configuration);
  EXPECT_NE(open().error().why.find("chmod go-w"), std::string::npos);
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/null", file);
  EXPECT_EQ(open().error().code, Errc::configuration);
}

// A file of bounded size stands for a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = octets, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(AuditLogTest, FailsOnAFullDiskAndGoesOnAfterwards) {
  const auto log = open().value();
  ASSERT_TRUE(log->append(entry, Durability::at_once));
  {
    const FileSizeLimit full(std::filesystem::file_size(file) + 10);
    const auto refused = log->append(entry, Durability::at_once);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::io);
    EXPECT_NE(refused.error().why.find("cannot write the audit log"), std::string::npos);
  }
  EXPECT_TRUE(log->append(entry, Durability::at_once));
  EXPECT_EQ(verified().value().lines, 2U);
}

TEST_F(AuditLogTest, TakesLinesOfManyThreads) {
  {
    const auto log = open().value();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 25; ++j) EXPECT_TRUE(log->append(entry, Durability::soon));
      });
    }
  }
  EXPECT_EQ(verified().value().lines, 100U);
}

}  // namespace
}  // namespace credence::service::audit
