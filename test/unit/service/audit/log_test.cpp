#include "service/audit/log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "support/certificate_files.h"
#include "support/refusal.h"
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
  // The line that the head names; waits until it is `sequence`, much longer than it may take.
  [[nodiscard]] std::uint64_t head_reaching(std::uint64_t sequence) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
      const std::uint64_t named = parse_head(content_of(head)).value().sequence;
      if (named == sequence || std::chrono::steady_clock::now() > until) return named;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

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
  EXPECT_EQ(result.head, result.end);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(AuditLogTest, IsCheckedWithoutBeingTouched) {
  EXPECT_TRUE(check(file));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  EXPECT_FALSE(check("/nowhere/audit.log"));
  {
    const auto running = open().value();
    ASSERT_TRUE(running->append(entry, Durability::at_once));
    EXPECT_TRUE(check(file));
  }
  std::ofstream(file, std::ios::app) << "half a li";
  const std::string before = content_of(file);
  EXPECT_TRUE(check(file));
  EXPECT_EQ(content_of(file), before);
  using std::filesystem::perms;
  std::filesystem::permissions(file, perms::group_write, std::filesystem::perm_options::add);
  const auto refused = check(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), open().error().text());
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
  EXPECT_FALSE(open().value()->goes_on_in_empty_file());
  std::filesystem::rename(file, directory.path() / "audit.log.2");
  EXPECT_TRUE(open().value()->goes_on_in_empty_file());
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
  EXPECT_EQ(check(file).error().text(), open().error().text());
  for (const Error& error : {verified().error(), open().error()}) {
    EXPECT_EQ(error.code, GetParam().code) << error.text();
    EXPECT_NE(error.text().find(GetParam().why), std::string::npos) << error.text();
  }
  // The writer says what to do, and that helps.
  EXPECT_NE(open().error().text().find("away, keep both, and start again"), std::string::npos) << open().error().text();
  std::filesystem::rename(file, directory.path() / "kept");
  std::filesystem::rename(head, directory.path() / "kept.head");
  write(1);
  EXPECT_EQ(verified().value().start, Position{});
}

// A log of two files, lines 1 and 2, and 3 to 5, whose head names line 5.
struct End {
  std::string name;
  std::function<void(const std::filesystem::path&)> change;
  std::vector<std::string> files;     // that are looked at
  std::string why;                    // empty: the chain is whole
  std::optional<std::uint64_t> head;  // then the line that the head names
  std::uint64_t last = 5;
};
void PrintTo(const End& end, std::ostream* out) { *out << end.name; }

void make_empty(const std::filesystem::path& file) { test::write_file(file, ""); }

// As if it had been written after line `sequence`.
void put_head_back(const std::filesystem::path& file, std::uint64_t sequence) {
  Follower follower;
  for (const char* part : {".1", ""}) {
    std::ifstream lines(file.string() + part);
    for (std::string line; follower.end().sequence < sequence && std::getline(lines, line);)
      EXPECT_TRUE(follower.take(line));
  }
  test::write_file(file.string() + ".head", to_head(follower.end()));
}

class Ends : public AuditLogTest, public testing::WithParamInterface<End> {};
INSTANTIATE_TEST_SUITE_P(
    All, Ends,
    testing::Values(
        End{"whole", [](const auto&) {}, {".1", ""}, "", 5}, End{"newer_part", [](const auto&) {}, {""}, "", 5},
        End{"older_part_which_has_no_head", [](const auto&) {}, {".1"}, "", {}, 2},
        End{"no_head", [](const auto& file) { std::filesystem::remove(file.string() + ".head"); }, {".1", ""}, "", {}},
        End{"empty_head", [](const auto& file) { make_empty(file.string() + ".head"); }, {".1", ""}, "", {}},
        End{"cut_and_no_head",
            [](const auto& file) {
              cut_last_line(file);
              std::filesystem::remove(file.string() + ".head");
            },
            {".1", ""},
            "",
            {},
            4},
        End{"head_behind", [](const auto& file) { put_head_back(file, 4); }, {".1", ""}, "", 4},
        End{"head_at_the_line_before_this_part", [](const auto& file) { put_head_back(file, 2); }, {""}, "", 2},
        End{"head_in_the_older_part", [](const auto& file) { put_head_back(file, 1); }, {".1", ""}, "", 1},
        End{"head_before_this_part",
            [](const auto& file) { put_head_back(file, 1); },
            {""},
            "expected a head that names line 2 or a later one",
            {}},
        End{"cut", cut_last_line, {".1", ""}, "expected line 5, which", {}},
        End{"emptied", make_empty, {""}, "got no line", {}},
        End{"emptied_behind_its_older_part",
            make_empty,
            {".1", ""},
            "the last line is 2: lines are missing at the end",
            {}},
        End{"rotated",
            [](const auto& file) {
              std::filesystem::rename(file, file.string() + ".2");
              make_empty(file);
            },
            {".1", ".2", ""},
            "",
            5},
        End{"rotated_and_looked_at_alone",
            [](const auto& file) {
              std::filesystem::rename(file, file.string() + ".2");
              make_empty(file);
            },
            {""},
            "name those before this one",
            {}},
        End{"nothing_written",
            [](const auto& file) {
              make_empty(file);
              test::write_file(file.string() + ".head", to_head({}));
            },
            {""},
            "",
            0,
            0},
        End{"nothing_at_all",
            [](const auto& file) {
              make_empty(file);
              std::filesystem::remove(file.string() + ".head");
            },
            {""},
            "",
            {},
            0}),
    [](const auto& example) { return example.param.name; });

TEST_P(Ends, AreShownAsFarAsTheHeadGoes) {
  write(2);
  std::filesystem::rename(file, file.string() + ".1");
  write(3);
  GetParam().change(file);
  std::vector<std::filesystem::path> files;
  for (const std::string& part : GetParam().files) files.emplace_back(file.string() + part);
  const auto result = verify(files);
  if (!GetParam().why.empty()) return test::expect_refused(result, Errc::conflict, GetParam().why);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->end.sequence, GetParam().last);
  ASSERT_EQ(result->head.has_value(), GetParam().head.has_value());
  if (result->head) {
    EXPECT_EQ(result->head->sequence, *GetParam().head);
  }
}

// A writer that made a new head would vouch for an end that nobody knows.
TEST_F(AuditLogTest, DoesNotContinueWithoutItsHead) {
  write(2);
  const std::string good = content_of(head);
  std::filesystem::remove(head);
  for (int i = 0; i < 2; ++i) {  // not the second time either, when the first has left an empty one
    test::expect_refused(open(), Errc::conflict, "lines may be missing at the end");
    test::expect_refused(open(), Errc::conflict, "away, keep both, and start again");
  }
  test::write_file(head, good);
  write(1);
  EXPECT_EQ(verified().value().end.sequence, 3U);
}

TEST_F(AuditLogTest, WritesNothingBehindSomebodyElsesBack) {
  const auto log = open().value();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(log->append(entry, Durability::at_once));
  const std::string good = content_of(file);
  cut_last_line(file);
  test::expect_refused(log->append(entry, Durability::at_once), Errc::conflict, "somebody else cut or wrote it");
  std::ofstream(file, std::ios::binary | std::ios::trunc) << good << "x";
  test::expect_refused(log->append(entry, Durability::soon), Errc::conflict, "somebody else cut or wrote it");
  std::ofstream(file, std::ios::binary | std::ios::trunc) << good;
  EXPECT_TRUE(log->append(entry, Durability::at_once));
  EXPECT_EQ(verified().value().end.sequence, 3U);
}

// Memory that is short for so many times: what reads the clock stands for all that takes memory while a line is made.
class ShortOfMemory final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    if (times != 0) {
      --times;
      throw std::bad_alloc();
    }
    return Timestamp(std::chrono::seconds(1'000));
  }
  mutable int times = 0;
};

// An end that follows a `begun` is written in any case, once, or not at all.
TEST_F(AuditLogTest, HasMemorySetAsideForALine) {
  const auto memory = std::make_shared<ShortOfMemory>();
  const auto log = Log::open(file, memory).value();
  ASSERT_TRUE(log->append(entry, Durability::at_once));
  entry.outcome = Outcome::done;
  for (const Durability durability : {Durability::at_once, Durability::soon}) {
    memory->times = 1;
    const auto written = log->append(entry, durability);
    ASSERT_TRUE(written) << written.error().text();
  }
  EXPECT_EQ(verified().value().end.sequence, 3U);
  memory->times = 2;
  EXPECT_THROW((void)log->append(entry, Durability::at_once), std::bad_alloc);
  EXPECT_EQ(verified().value().end.sequence, 3U);
  ASSERT_TRUE(log->append(entry, Durability::at_once));
  EXPECT_EQ(verified().value().end.sequence, 4U);
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

// Although none follows. The fastest counts: a machine that is busy may be late.
TEST_F(AuditLogTest, MakesAnUnhurriedLineDurableWithinASecond) {
  using std::chrono::steady_clock;
  const auto log = open().value();
  auto fastest = steady_clock::duration::max();
  for (std::uint64_t line = 1; line <= 3; ++line) {
    const auto begun = steady_clock::now();
    ASSERT_TRUE(log->append(entry, Durability::soon));
    ASSERT_EQ(head_reaching(line), line);
    fastest = std::min(fastest, steady_clock::now() - begun);
  }
  EXPECT_LE(fastest, std::chrono::seconds(1));
}

TEST_F(AuditLogTest, MakesAnUnhurriedLineDurableAtItsEnd) {
  write(3, Durability::soon);
  EXPECT_EQ(parse_head(content_of(head)).value().sequence, 3U);
}

TEST_F(AuditLogTest, HasOneThreadForAllLines) {
  const auto threads = [] {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                 std::filesystem::directory_iterator());
  };
  const auto log = open().value();
  const auto before = threads();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(log->append(entry, Durability::soon));
  EXPECT_LE(threads(), before);
  EXPECT_EQ(head_reaching(100), 100U);
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

// Nobody waits for such a line: its loss must be told, and nothing be done that has no line.
TEST_F(AuditLogTest, TellsThatAnUnhurriedLineIsNotDurable) {
  std::promise<Error> told;
  auto failure = told.get_future();
  const auto log = Log::open(file, clock, [&told](const Error& error) { told.set_value(error); }).value();
  ASSERT_TRUE(log->append(entry, Durability::soon));
  ASSERT_EQ(head_reaching(1), 1U);
  const auto is_told = [&failure] { return failure.wait_for(std::chrono::seconds(0)) == std::future_status::ready; };
  EXPECT_FALSE(is_told());
  for (int i = 0; i < 5 && !is_told(); ++i) {  // the line may be durable before there is no room
    ASSERT_TRUE(log->append(entry, Durability::soon));
    const FileSizeLimit full(0);
    failure.wait_for(std::chrono::seconds(3));
  }
  ASSERT_TRUE(is_told());
  const Error why = failure.get();
  EXPECT_EQ(why.code, Errc::io);
  EXPECT_NE(why.text().find("cannot make the audit log durable"), std::string::npos) << why.text();
  test::expect_refused(log->append(entry, Durability::at_once), Errc::io, "could not be written before");
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
