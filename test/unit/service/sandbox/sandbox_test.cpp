#include "service/sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <thread>

#include "client/url.h"
#include "support/loaded_library.h"
#include "support/temporary_directory.h"

namespace credence::service {
namespace {

// What becomes of a process with the filter that does this: its exit status, or minus the signal that ended it. A
// status of 99 is a filter that could not be loaded.
template <typename Deed>
int fate_of(const Deed& deed) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!filter_system_calls()) ::_exit(99);
    ::_exit(deed() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Sandbox, LeavesWhatTheVerifierDoes) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.path() / "file";
  EXPECT_EQ(fate_of([&] {
              const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
              const bool wrote = ::write(descriptor, "x", 1) == 1 && ::fsync(descriptor) == 0;
              return wrote && ::close(descriptor) == 0 && ::rename(file.c_str(), (file + "2").c_str()) == 0;
            }),
            0);
  EXPECT_EQ(fate_of([] {
              const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
              return listener >= 0 && ::listen(listener, 1) == 0;
            }),
            0);
  EXPECT_EQ(fate_of([] {
              bool ran = false;
              std::thread([&ran] { ran = true; }).join();
              return ran;
            }),
            0);
}

TEST(Sandbox, LetsTheHttpClientBeLoadedByAReload) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a program of its own, where no other test has loaded it
  const auto fate = [] {
    if (test::is_loaded("libcurl.so.4")) return 98;
    if (!filter_system_calls()) return 99;
    return client::check_url("https://verifier.example", false) && test::is_loaded("libcurl.so.4") ? 0 : 1;
  };
  EXPECT_EXIT(::_exit(fate()), testing::ExitedWithCode(0), "");
}

struct Deed {
  std::string name;
  bool (*done)();
  int fate;
};
void PrintTo(const Deed& deed, std::ostream* out) { *out << deed.name; }

bool is_refused(long result) { return result == -1 && errno == EPERM; }

class Deeds : public testing::TestWithParam<Deed> {};
INSTANTIATE_TEST_SUITE_P(
    All, Deeds,
    testing::Values(Deed{"program",
                         [] {
                           char* const nothing[] = {nullptr};
                           return ::execve("/bin/true", nothing, nothing) == 0;
                         },
                         -SIGSYS},
                    Deed{"fork", [] { return ::syscall(SYS_fork) >= 0; }, -SIGSYS},
                    Deed{"ptrace", [] { return ::syscall(SYS_ptrace, 0, 0, 0, 0) == 0; }, -SIGSYS},
                    Deed{"namespace", [] { return ::syscall(SYS_unshare, 0x10000000) == 0; }, -SIGSYS},
                    Deed{"clone_of_the_process", [] { return is_refused(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); },
                         0},
                    Deed{"raw_packets", [] { return is_refused(::socket(AF_PACKET, SOCK_RAW, 0)); }, 0},
                    Deed{"code_that_is_written",
                         [] {
                           void* const memory =
                               ::mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                           return memory == MAP_FAILED && errno == EPERM;
                         },
                         0},
                    Deed{"code_made_of_data",
                         [] {
                           void* const memory = ::mmap(nullptr, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                           return memory != MAP_FAILED && is_refused(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
                         },
                         0},
                    Deed{"signal_to_others", [] { return is_refused(::kill(1, 0)); }, 0},
                    Deed{"more_core",
                         [] {
                           const rlimit much{.rlim_cur = 1, .rlim_max = 1};
                           return is_refused(::setrlimit(RLIMIT_CORE, &much));
                         },
                         0}),
    [](const auto& example) { return example.param.name; });

// Without the filter each of these is another story; with it:
TEST_P(Deeds, AreStopped) { EXPECT_EQ(fate_of(GetParam().done), GetParam().fate); }

TEST(ProtectMemory, LeavesNothingBehind) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit core{};
    const bool done = protect_memory().has_value() && ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
    ::_exit(done && ::umask(0) == 077 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace credence::service
