#include "rot/tpm2/tcti.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <tss2/tss2_tctildr.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <string_view>

#include "rot/tpm2/libtpms_state.h"
#include "rot/tpm2/private_file.h"
#include "rot/tpm2/required_library.h"
#include "rot/tpm2/response_code.h"
#include "rot/tpm2/working_directory.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::string_view kLibtpms = "libtpms";
constexpr std::string_view kLibtpmsWithFile = "libtpms:";

// libtpms keeps its TPM in global variables.
std::atomic_flag libtpms_is_open = ATOMIC_FLAG_INIT;

// Who holds a lock, as the holder wrote it there.
std::string holder_of(int descriptor) {
  char text[32] = {};
  const ssize_t size = ::pread(descriptor, text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "unknown";
}

// Two processes over one state file would each overwrite what the other one's TPM did: counters go back, and an
// attacker who can start a second process rolls back the TPM.
Result<FileDescriptor> lock_state_file(const std::string& state_file) {
  const std::string path = state_file + ".lock";
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return fail_in(Errc::io, path, std::format("cannot open the lock: {}", std::strerror(errno)));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail_in(
        Errc::busy, state_file,
        std::format("the TPM state is in use by process {}: end it, or use another state file", holder_of(lock.get())));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    return fail_in(Errc::io, path, std::format("cannot write the lock: {}", std::strerror(errno)));
  }
  return lock;
}

// tpm2-tss opens whatever it is told and writes a command into it: a file that was named by mistake, /etc/passwd say,
// would begin with a TPM2_GetRandom afterwards.
Result<void> check_device(std::string_view tcti) {
  constexpr std::string_view kDevice = "device:";
  if (!tcti.starts_with(kDevice)) return {};
  const std::filesystem::path path = tcti.substr(kDevice.size());
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status) || std::filesystem::is_character_file(status)) return {};
  return fail_in(Errc::configuration, std::string(tcti), "expected a character device, as /dev/tpmrm0 is");
}

// tpm2-tss prints what it returns anyway; only the environment can tell it not to. A value set by the user stays.
void silence_tss() { ::setenv("TSS2_LOG", "all+none", 0); }

}  // namespace

Result<Tcti> Tcti::open(const std::string& tcti) {
  silence_tss();
  if (tcti == kLibtpmsWithFile) {
    return fail_in(Errc::usage, tcti, "expected libtpms:FILE, got no file: the TPM would be gone with this process");
  }
  Tcti opened;
  if (tcti == kLibtpms || tcti.starts_with(kLibtpmsWithFile)) {
    if (libtpms_is_open.test_and_set()) {
      return fail_in(Errc::conflict, tcti,
                     "this process already has a libtpms TPM, and there can be only one: use the first, or swtpm");
    }
    opened.in_process_ = true;
    TRY(const std::string prepared, opened.prepare_libtpms(tcti));
    CHECK(in_temporary_directory([&] { return opened.initialize(prepared); }));
    return opened;
  }
  CHECK(check_device(tcti));
  CHECK(opened.initialize(tcti));
  return opened;
}

Tcti Tcti::borrow(TSS2_TCTI_CONTEXT* context) noexcept {
  Tcti borrowed;
  borrowed.context_ = context;
  return borrowed;
}

Result<std::string> Tcti::prepare_libtpms(const std::string& tcti) {
  if (tcti.size() > kLibtpmsWithFile.size()) {
    const std::string file = std::filesystem::absolute(tcti.substr(kLibtpmsWithFile.size())).string();
    TRY(lock_, lock_state_file(file));
    // It holds the seeds of every key, and libtpms itself would make it readable to all.
    CHECK(make_private_file(file));
    CHECK(check_libtpms_state(file));
    return std::format("{}{}", kLibtpmsWithFile, file);
  }
  // Without a file the TPM lives and dies with this process.
  memory_ = FileDescriptor(::memfd_create("credence-libtpms", MFD_CLOEXEC));
  if (!memory_.is_open()) return fail(Errc::io, std::format("no memory for a TPM: {}", std::strerror(errno)));
  return std::format("{}/proc/self/fd/{}", kLibtpmsWithFile, memory_.get());
}

Result<void> Tcti::initialize(const std::string& tcti) {
  const TSS2_RC code = Tss2_TctiLdr_Initialize(tcti.c_str(), &context_);
  owned_ = code == TSS2_RC_SUCCESS;
  if (owned_) return {};
  context_ = nullptr;
  CHECK(check_libraries(tcti, required_libraries()));
  if (auto failed = check(code, "opening the TPM"); failed.error().code == Errc::device_missing) {
    return within(tcti, std::move(failed).error());
  }
  if (in_process_) {
    return fail_in(Errc::configuration, tcti,
                   "the TPM state is damaged, or of another version of libtpms: restore the file, or use another one "
                   "and endorse the new keys");
  }
  return fail_in(Errc::configuration, tcti,
                 "expected libtpms:FILE, swtpm:host=HOST,port=PORT or device:/dev/tpmrm0, with the TCTI installed");
}

Tcti::Tcti(Tcti&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)),
      owned_(std::exchange(other.owned_, false)),
      in_process_(std::exchange(other.in_process_, false)),
      lock_(std::move(other.lock_)),
      memory_(std::move(other.memory_)) {}

Tcti::~Tcti() {
  if (owned_) Tss2_TctiLdr_Finalize(&context_);
  if (in_process_) libtpms_is_open.clear();
}

}  // namespace credence::rot::tpm2
