#include "service/sandbox/sandbox.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <format>
#include <memory>
#include <string_view>
#include <system_error>

namespace credence::service {
namespace {

std::unexpected<Error> system_error(std::string_view what, int number) {
  return fail(Errc::configuration,
              std::format("cannot {}: {}", what, std::error_code(number, std::generic_category()).message()));
}

struct Release {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

constexpr scmp_arg_cmp argument_is(unsigned int index, scmp_datum_t value) {
  return {.arg = index, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
// The bits of `mask` in the argument are `value`.
constexpr scmp_arg_cmp argument_bits(unsigned int index, scmp_datum_t mask, scmp_datum_t value) {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

// A filter under construction: the first rule that fails is what finish() says.
class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_ALLOW, call, {});
  }
  void allow_if(int call, std::initializer_list<scmp_arg_cmp> conditions) { add(SCMP_ACT_ALLOW, call, conditions); }
  void end_process(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_KILL_PROCESS, call, {});
  }
  void pretend_absent(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

  [[nodiscard]] Result<void> load() {
    if (filter_ == nullptr) return fail(Errc::configuration, "libseccomp cannot make a filter on this machine");
    if (failed_ != 0) return system_error("make a rule of the system call filter", -failed_);
    // All threads, those that run already too.
    if (const int failed = seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1); failed != 0)
      return system_error("ask for a system call filter of all threads", -failed);
    if (const int failed = seccomp_load(filter_.get()); failed != 0)
      return system_error("load the system call filter", -failed);
    return {};
  }

 private:
  // A call that this architecture does not have needs no rule.
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (filter_ == nullptr || failed_ != 0 || call == __NR_SCMP_ERROR) return;
    const int failed = seccomp_rule_add_array(filter_.get(), action, call, static_cast<unsigned>(conditions.size()),
                                              conditions.begin());
    if (failed != 0 && failed != -EDOM) failed_ = failed;
  }

  std::unique_ptr<void, Release> filter_;
  int failed_ = 0;
};

void allow_files(Filter& filter) {
  filter.allow({SCMP_SYS(read),
                SCMP_SYS(write),
                SCMP_SYS(readv),
                SCMP_SYS(writev),
                SCMP_SYS(pread64),
                SCMP_SYS(pwrite64),
                SCMP_SYS(open),
                SCMP_SYS(openat),
                SCMP_SYS(close),
                SCMP_SYS(stat),
                SCMP_SYS(fstat),
                SCMP_SYS(lstat),
                SCMP_SYS(newfstatat),
                SCMP_SYS(statx),
                SCMP_SYS(statfs),
                SCMP_SYS(fstatfs),
                SCMP_SYS(access),
                SCMP_SYS(faccessat),
                SCMP_SYS(faccessat2),
                SCMP_SYS(lseek),
                SCMP_SYS(getcwd),
                SCMP_SYS(getdents64),
                SCMP_SYS(readlink),
                SCMP_SYS(readlinkat),
                SCMP_SYS(fsync),
                SCMP_SYS(fdatasync),
                SCMP_SYS(ftruncate),
                SCMP_SYS(fallocate),
                SCMP_SYS(fadvise64),
                SCMP_SYS(fcntl),
                SCMP_SYS(flock),
                SCMP_SYS(rename),
                SCMP_SYS(renameat),
                SCMP_SYS(renameat2),
                SCMP_SYS(link),
                SCMP_SYS(linkat),
                SCMP_SYS(unlink),
                SCMP_SYS(unlinkat),
                SCMP_SYS(mkdir),
                SCMP_SYS(mkdirat),
                SCMP_SYS(rmdir),
                SCMP_SYS(chmod),
                SCMP_SYS(fchmod),
                SCMP_SYS(fchmodat),
                SCMP_SYS(fchown),
                SCMP_SYS(utimensat),
                SCMP_SYS(umask),
                SCMP_SYS(dup),
                SCMP_SYS(dup2),
                SCMP_SYS(dup3),
                SCMP_SYS(pipe2),
                SCMP_SYS(inotify_init1),
                SCMP_SYS(inotify_add_watch),
                SCMP_SYS(inotify_rm_watch)});
  for (const auto request : {FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ})
    filter.allow_if(SCMP_SYS(ioctl), {argument_is(1, static_cast<scmp_datum_t>(request))});
}

// Netlink: the resolver of libc asks for the machine's addresses.
void allow_network(Filter& filter) {
  for (const auto family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK})
    filter.allow_if(SCMP_SYS(socket), {argument_is(0, static_cast<scmp_datum_t>(family))});
  filter.allow({SCMP_SYS(connect),         SCMP_SYS(accept),         SCMP_SYS(accept4),     SCMP_SYS(bind),
                SCMP_SYS(listen),          SCMP_SYS(getsockname),    SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
                SCMP_SYS(setsockopt),      SCMP_SYS(sendto),         SCMP_SYS(recvfrom),    SCMP_SYS(sendmsg),
                SCMP_SYS(recvmsg),         SCMP_SYS(sendmmsg),       SCMP_SYS(recvmmsg),    SCMP_SYS(shutdown),
                SCMP_SYS(socketpair),      SCMP_SYS(poll),           SCMP_SYS(ppoll),       SCMP_SYS(select),
                SCMP_SYS(pselect6),        SCMP_SYS(epoll_create1),  SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_wait),
                SCMP_SYS(epoll_pwait),     SCMP_SYS(epoll_pwait2),   SCMP_SYS(eventfd2),    SCMP_SYS(timerfd_create),
                SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime)});
}

// Memory is written or run, never both: what an attacker writes is not run. Libraries can still be loaded, of which no
// page is both: modules of the name service, and libcurl when a reload is the first to name somebody to ask. A verifier
// that asks from the start loads it before the filter, with the first URL of its configuration (client/url.h).
void allow_memory(Filter& filter) {
  constexpr scmp_datum_t kBoth = PROT_WRITE | PROT_EXEC;
  filter.allow({SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(membarrier),
                SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock)});
  for (const scmp_datum_t allowed : {scmp_datum_t{0}, scmp_datum_t{PROT_WRITE}, scmp_datum_t{PROT_EXEC}})
    filter.allow_if(SCMP_SYS(mmap), {argument_bits(2, kBoth, allowed)});
  filter.allow_if(SCMP_SYS(mprotect), {argument_bits(2, scmp_datum_t{PROT_EXEC}, scmp_datum_t{0})});
}

// New threads, no new processes. The flags of clone3() are in memory, where a filter cannot see them; libc then takes
// clone().
void allow_threads(Filter& filter) {
  constexpr scmp_datum_t kThread = CLONE_VM | CLONE_THREAD;
  filter.allow_if(SCMP_SYS(clone), {argument_bits(0, kThread, kThread)});
  filter.pretend_absent(SCMP_SYS(clone3));
  filter.allow({SCMP_SYS(futex),          SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
                SCMP_SYS(exit),           SCMP_SYS(exit_group),      SCMP_SYS(rt_sigaction),
                SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),    SCMP_SYS(rt_sigtimedwait),
                SCMP_SYS(sigaltstack),    SCMP_SYS(restart_syscall), SCMP_SYS(tgkill),
                SCMP_SYS(gettid),         SCMP_SYS(getpid),          SCMP_SYS(getppid),
                SCMP_SYS(getuid),         SCMP_SYS(geteuid),         SCMP_SYS(getgid),
                SCMP_SYS(getegid),        SCMP_SYS(sched_yield),     SCMP_SYS(sched_getaffinity),
                SCMP_SYS(clock_gettime),  SCMP_SYS(clock_getres),    SCMP_SYS(clock_nanosleep),
                SCMP_SYS(nanosleep),      SCMP_SYS(gettimeofday),    SCMP_SYS(time),
                SCMP_SYS(getrandom),      SCMP_SYS(sysinfo),         SCMP_SYS(uname),
                SCMP_SYS(getrusage),      SCMP_SYS(times),           SCMP_SYS(getrlimit)});
  filter.allow_if(SCMP_SYS(prlimit64), {argument_is(2, scmp_datum_t{0})});  // asked for, not set
  filter.allow_if(SCMP_SYS(prctl), {argument_is(0, scmp_datum_t{PR_SET_NAME})});
}

void end_takeovers(Filter& filter) {
  filter.end_process({SCMP_SYS(execve),
                      SCMP_SYS(execveat),
                      SCMP_SYS(fork),
                      SCMP_SYS(vfork),
                      SCMP_SYS(ptrace),
                      SCMP_SYS(process_vm_readv),
                      SCMP_SYS(process_vm_writev),
                      SCMP_SYS(bpf),
                      SCMP_SYS(mount),
                      SCMP_SYS(umount2),
                      SCMP_SYS(pivot_root),
                      SCMP_SYS(chroot),
                      SCMP_SYS(setns),
                      SCMP_SYS(unshare),
                      SCMP_SYS(init_module),
                      SCMP_SYS(finit_module),
                      SCMP_SYS(delete_module),
                      SCMP_SYS(kexec_load),
                      SCMP_SYS(kexec_file_load),
                      SCMP_SYS(perf_event_open),
                      SCMP_SYS(userfaultfd),
                      SCMP_SYS(io_uring_setup),
                      SCMP_SYS(add_key),
                      SCMP_SYS(request_key),
                      SCMP_SYS(keyctl),
                      SCMP_SYS(setuid),
                      SCMP_SYS(setgid),
                      SCMP_SYS(setresuid),
                      SCMP_SYS(setresgid)});
}

constexpr bool is_sanitized() noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace

Result<void> protect_memory() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return system_error("forbid core dumps", errno);
  // Keys are in memory: no dump to a pipe, which knows no limit, and no debugger of the same user.
  if (!is_sanitized() && ::prctl(PR_SET_DUMPABLE, 0) != 0) return system_error("forbid dumps of this process", errno);
  ::umask(077);
  return {};
}

Result<void> filter_system_calls() {
  Filter filter;
  allow_files(filter);
  allow_network(filter);
  allow_memory(filter);
  allow_threads(filter);
  end_takeovers(filter);
  return filter.load();  // which sets no_new_privs
}

Result<void> confine(Log& log) {
  if (!is_sanitized()) return filter_system_calls();
  log.write(LogLevel::warning, "this build has sanitizers: no system call filter");
  return {};
}

}  // namespace credence::service
