#include "service/audit/log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <format>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "service/verifier/file.h"

namespace credence::service::audit {
namespace {

using std::chrono::steady_clock;
using std::filesystem::path;

// Half of what is promised: the disk needs time as well.
constexpr std::chrono::milliseconds kSoon{500};

// More than a line takes while it is made.
constexpr std::size_t kSpareMemory = 64 << 10;

std::unexpected<Error> system_error(Errc code, const path& file, std::string_view what) {
  return fail_in(code, file.string(),
                 std::format("cannot {}: {}", what, std::error_code(errno, std::generic_category()).message()));
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] bool valid() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// Whoever can write the log can write what it says: for its owner only, and no link to somewhere else.
Result<Descriptor> open_own(const path& file, int flags) {
  Descriptor opened(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status{};
  if (!opened.valid() || ::fstat(opened.get(), &status) != 0)
    return system_error(Errc::configuration, file, "open the file");
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) {
    return fail_in(Errc::configuration, file.string(),
                   "expected an ordinary file of this process's user that nobody else may write: chmod go-w");
  }
  return opened;
}

// A new name is lost in a power cut until its folder is written.
Result<void> sync_folder_of(const path& file) {
  const path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.get()) != 0)
    return system_error(Errc::configuration, folder, "write the folder");
  return {};
}

// Reads a log line by line. `torn` is what stands behind the last line's end: a line whose writing was cut off.
struct Scan {
  Follower follower;
  std::uint64_t whole = 0;  // octets up to the end of the last whole line
  bool torn = false;
  std::optional<Position> head{};  // what the head file names
  bool met_head = false;

  void compare(const Position& position) noexcept { met_head = met_head || position == head; }
};

Result<void> take_lines(const path& file, std::string& pending, Scan& scan) {
  std::size_t begin = 0;
  for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', begin)) {
    if (auto taken = scan.follower.take(std::string_view(pending).substr(begin, end - begin)); !taken)
      return within(std::format("{}, line {}", file.string(), scan.follower.lines() + 1), std::move(taken).error());
    if (scan.follower.lines() == 1) scan.compare(scan.follower.start());
    scan.compare(scan.follower.end());
    scan.whole += end + 1 - begin;
    begin = end + 1;
  }
  pending.erase(0, begin);
  if (pending.size() > kMaxLine) return fail_in(Errc::conflict, file.string(), "expected lines, got a very long one");
  return {};
}

Result<void> scan_file(const path& file, int descriptor, Scan& scan) {
  std::array<char, 64 << 10> block;
  std::string pending;
  scan.whole = 0;
  for (;;) {
    const ssize_t octets =
        ::pread(descriptor, block.data(), block.size(), static_cast<off_t>(scan.whole + pending.size()));
    if (octets < 0 && errno == EINTR) continue;
    if (octets < 0) return system_error(Errc::io, file, "read the file");
    if (octets == 0) break;
    pending.append(block.data(), static_cast<std::size_t>(octets));
    CHECK(take_lines(file, pending, scan));
  }
  scan.torn = !pending.empty();
  return {};
}

// Nothing for a head file that has just been made, or was emptied.
Result<std::optional<Position>> read_head(const path& file, int descriptor) {
  std::array<char, 256> text;
  const ssize_t octets = ::pread(descriptor, text.data(), text.size(), 0);
  if (octets < 0) return system_error(Errc::io, file, "read the file");
  if (octets == 0) return std::nullopt;
  auto head = parse_head({text.data(), static_cast<std::size_t>(octets)});
  if (!head) return within(file.string(), std::move(head).error());
  return *head;
}

// The head is written after its line, so the log may be ahead of it by what a crash cut off; never behind it.
Result<void> check_head(const path& file, const Scan& scan) {
  if (!scan.head || scan.met_head) return {};
  const std::string head = head_of(file).string();
  const std::uint64_t named = scan.head->sequence;
  const auto refuse = [&file](const std::string& why) { return fail_in(Errc::conflict, file.string(), why); };
  if (scan.follower.empty() && scan.head == Position{}) return {};
  if (scan.follower.empty())
    return refuse(
        std::format("expected line {}, which {} names, got no line: unless the lines are in files that were "
                    "rotated away (name those before this one), they are missing",
                    named, head));
  const std::uint64_t first = scan.follower.start().sequence + 1, last = scan.follower.end().sequence;
  if (named > last)
    return refuse(std::format("expected line {}, which {} names; the last line is {}: lines are missing at the end",
                              named, head, last));
  if (named + 1 < first)
    return refuse(
        std::format("expected a head that names line {} or a later one; {} names line {}: name the files "
                    "before this one too, or an old head was put in its place",
                    first - 1, head, named));
  return refuse(std::format("line {} is not the one that {} names: the log was altered", named, head));
}

// Where the chain goes on. Without a head, nothing says whether lines are missing at the end: a head is durable before
// the first line, so somebody took it away.
Result<Position> end_of(const path& file, const Scan& scan) {
  // Moved away by a rotation, and nothing written since: the chain goes on from the head.
  if (scan.follower.empty()) return scan.head.value_or(Position{});
  if (!scan.head)
    return fail_in(Errc::conflict, head_of(file).string(),
                   "expected the number and the digest of the last line, got nothing: lines may be missing at the end");
  CHECK(check_head(file, scan));
  return scan.follower.end();
}

// Nothing when it is absent and could be made.
Result<std::optional<Descriptor>> look_at_own(const path& file) {
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 && errno == ENOENT) {
    CHECK(check_folder_of(file));
    return std::nullopt;
  }
  TRY(Descriptor opened, open_own(file, O_RDWR));
  return opened;
}

// Of a log that does not fit its head, or has none: it is evidence, and must not be lost by going on.
Error with_remedy(Error error, const path& file) {
  if (error.code != Errc::conflict && error.code != Errc::malformed) return error;
  error.why += std::format(
      ". Compare with the copy on another machine; then move {} and {} away, keep both, and start again: that begins a "
      "new log at line 1",
      file.string(), head_of(file).string());
  return error;
}

}  // namespace

path head_of(const path& file) { return file.string() + ".head"; }

struct Log::State {
  // What follows the last line. All that takes memory is done before it is written: a line that is there is counted.
  struct Next {
    std::string line;  // with its end
    std::string head{};
    Position end{};
  };

  path file;
  std::shared_ptr<const Clock> clock;
  std::function<void(const Error&)> on_failure;
  Descriptor log;
  Descriptor head;
  mutable std::mutex mutex;
  Position end;
  std::string end_as_head;  // what the head file shall say
  off_t size = 0;
  bool broken = false;  // what is on disk is not known any more
  bool unsynced = false;
  steady_clock::time_point due;  // of the first line that is unsynced
  std::condition_variable_any changed;
  std::unique_ptr<std::byte[]> spare;  // given up for a line when there is no other memory
  std::jthread syncs_late;             // last: it must stop before what it uses goes

  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> read_back();
  [[nodiscard]] Result<void> follow_rotation();
  void sync_late(const std::stop_token& stop);
  void sync_and_tell() noexcept;
  [[nodiscard]] Result<Next> prepare(const Entry& entry);
  [[nodiscard]] Result<Next> prepare_in_any_case(const Entry& entry);
  [[nodiscard]] Result<void> write_line(std::string_view line);
  [[nodiscard]] Result<void> sync();
  void take_back() noexcept;
};

// Where the chain stands, from the two files.
Result<void> Log::State::read_back() {
  Scan scan;
  TRY(scan.head, read_head(head_of(file), head.get()));
  CHECK(scan_file(file, log.get(), scan));
  size = static_cast<off_t>(scan.whole);
  TRY(end, end_of(file, scan));
  // Its writing was cut off, so nobody was told that it is written.
  if (scan.torn && ::ftruncate(log.get(), size) != 0)
    return system_error(Errc::configuration, file, "cut the unfinished last line off");
  return {};
}

Result<void> Log::State::start() {
  TRY(head, open_own(head_of(file), O_RDWR | O_CREAT));
  if (::flock(head.get(), LOCK_EX | LOCK_NB) != 0)
    return fail_in(Errc::busy, file.string(), "another process writes this audit log: give each its own");
  TRY(log, open_own(file, O_RDWR | O_CREAT | O_APPEND));
  if (auto read = read_back(); !read) return std::unexpected(with_remedy(std::move(read).error(), file));
  CHECK(sync_folder_of(file));
  spare = std::make_unique<std::byte[]>(kSpareMemory);
  end_as_head = to_head(end);
  return sync();
}

Result<void> Log::State::follow_rotation() {
  struct stat now{}, ours{};
  const bool there = ::stat(file.c_str(), &now) == 0;
  if (::fstat(log.get(), &ours) != 0) return system_error(Errc::io, file, "look at the file");
  if (there && now.st_ino == ours.st_ino && now.st_dev == ours.st_dev) {
    if (ours.st_size == size) return {};
    return fail_in(
        Errc::conflict, file.string(),
        std::format("expected {} octets, got {}: somebody else cut or wrote it (rotate it by moving it away)", size,
                    ours.st_size));
  }
  if (unsynced) CHECK(sync());
  TRY(auto rotated, open_own(file, O_RDWR | O_CREAT | O_APPEND));
  if (::fstat(rotated.get(), &ours) != 0) return system_error(Errc::io, file, "look at the file");
  if (ours.st_size != 0)
    return fail_in(Errc::conflict, file.string(), "expected a new file after the rotation, got one with content");
  CHECK(sync_folder_of(file));
  log = std::move(rotated);
  size = 0;
  return {};
}

// A line that is half written would break the chain for good.
void Log::State::take_back() noexcept {
  const int failed = errno;
  if (::ftruncate(log.get(), size) != 0) broken = true;
  errno = failed;
}

Result<Log::State::Next> Log::State::prepare(const Entry& entry) {
  CHECK(follow_rotation());
  Next next{.line = to_line(entry, clock->now(), end)};
  Follower follower;
  CHECK(follower.take(next.line));  // computes the digest, and makes sure that the line can be read again
  next.end = follower.end();
  next.head = to_head(next.end);
  next.line += '\n';
  return next;
}

// What was begun has an end even when memory is short: what this line needs was set aside.
Result<Log::State::Next> Log::State::prepare_in_any_case(const Entry& entry) {
  try {
    if (spare == nullptr) spare = std::make_unique<std::byte[]>(kSpareMemory);
    return prepare(entry);
  } catch (const std::bad_alloc&) {
    spare.reset();
    return prepare(entry);
  }
}

Result<void> Log::State::write_line(std::string_view line) {
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(log.get(), line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      take_back();
      return system_error(Errc::io, file, "write the audit log");
    }
    done += static_cast<std::size_t>(written);
  }
  size += static_cast<off_t>(line.size());
  unsynced = true;
  return {};
}

Result<void> Log::State::sync() {
  // After a failed sync the kernel may have dropped what was written: nothing that follows can be believed.
  const bool synced_log = ::fdatasync(log.get()) == 0;
  const bool wrote_head = synced_log && ::pwrite(head.get(), end_as_head.data(), end_as_head.size(), 0) ==
                                            static_cast<ssize_t>(end_as_head.size());
  if (!wrote_head || ::fdatasync(head.get()) != 0) {
    broken = true;
    return system_error(Errc::io, file, "make the audit log durable");
  }
  unsynced = false;
  return {};
}

// A log that cannot be synced is broken, which the next line says, also when there is no memory to say it here.
void Log::State::sync_and_tell() noexcept {
  try {
    if (const auto synced = sync(); !synced && on_failure) on_failure(synced.error());
  } catch (const std::exception&) {
    return;
  }
}

// One thread for all lines, and it sleeps while every line is durable. What is not when it has to stop becomes so.
void Log::State::sync_late(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  const auto is_needed = [this] { return unsynced && !broken; };
  while (changed.wait(lock, stop, is_needed)) {
    const auto until = due;  // wait_until reads its time without the mutex
    changed.wait_until(lock, stop, until, [&is_needed] { return !is_needed(); });
    if (!is_needed()) continue;
    sync_and_tell();
  }
}

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const path& file, std::shared_ptr<const Clock> clock,
                                       std::function<void(const Error&)> on_failure) {
  auto state = std::make_unique<State>();
  state->file = file;
  state->clock = std::move(clock);
  state->on_failure = std::move(on_failure);
  CHECK(state->start());
  state->syncs_late = std::jthread([raw = state.get()](const std::stop_token& stop) { raw->sync_late(stop); });
  return std::unique_ptr<Log>(new Log(std::move(state)));
}

Result<void> check(const path& file) {
  TRY(const std::optional<Descriptor> head, look_at_own(head_of(file)));
  TRY(const std::optional<Descriptor> log, look_at_own(file));
  const auto read = [&]() -> Result<void> {
    Scan scan;
    if (head) {
      TRY(scan.head, read_head(head_of(file), head->get()));
    }
    if (log) CHECK(scan_file(file, log->get(), scan));
    CHECK(end_of(file, scan));
    return {};
  };
  if (auto fits = read(); !fits) return std::unexpected(with_remedy(std::move(fits).error(), file));
  return {};
}

Result<void> Log::append(const Entry& entry, Durability durability) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (state.broken)
    return fail_in(Errc::io, state.file.string(), "the audit log could not be written before: restart when it can be");
  TRY(State::Next next, state.prepare_in_any_case(entry));
  const bool others_wait = state.unsynced;
  CHECK(state.write_line(next.line));
  state.end = std::move(next.end);
  state.end_as_head = std::move(next.head);
  if (durability == Durability::at_once) return state.sync();
  if (!others_wait) {
    state.due = steady_clock::now() + kSoon;
    state.changed.notify_one();
  }
  return {};
}

Position Log::end() const {
  const std::lock_guard lock(state_->mutex);
  return state_->end;
}

bool Log::goes_on_in_empty_file() const {
  const std::lock_guard lock(state_->mutex);
  return state_->size == 0 && state_->end != Position{};
}

Result<Verified> verify(std::span<const path> files) {
  if (files.empty()) return fail(Errc::usage, "expected an audit log");
  const path& newest = files.back();
  // Before the lines, which a verifier may be writing: what the head names now must be there then.
  const Descriptor head(::open(head_of(newest).c_str(), O_RDONLY | O_CLOEXEC));
  if (!head.valid() && errno != ENOENT) return system_error(Errc::configuration, head_of(newest), "open the file");
  Scan scan;
  if (head.valid()) {
    TRY(scan.head, read_head(head_of(newest), head.get()));
  }
  for (const path& file : files) {
    const Descriptor log(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!log.valid()) return system_error(Errc::configuration, file, "open the file");
    CHECK(scan_file(file, log.get(), scan));
    if (scan.torn) return fail_in(Errc::conflict, file.string(), "the last line is not finished");
  }
  CHECK(check_head(newest, scan));
  return Verified{
      .lines = scan.follower.lines(), .start = scan.follower.start(), .end = scan.follower.end(), .head = scan.head};
}

}  // namespace credence::service::audit
