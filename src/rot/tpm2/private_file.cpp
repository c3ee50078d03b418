#include "rot/tpm2/private_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <format>

#include "rot/tpm2/file_descriptor.h"

namespace credence::rot::tpm2 {
namespace {

constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;

}  // namespace

// protocol.md 2.2: whoever reads the authorization values and may use the TPM is this endpoint.
Result<struct stat> check_private(int descriptor, const std::string& path, std::string_view mode) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    return fail_in(Errc::io, path, std::format("cannot look at its mode: {}", std::strerror(errno)));
  }
  if (status.st_uid != ::geteuid()) {
    return fail_in(Errc::configuration, path,
                   std::format("belongs to user {}, not to this one ({}): chown it", status.st_uid, ::geteuid()));
  }
  if ((status.st_mode & kOfOthers) != 0) {
    return fail_in(Errc::configuration, path,
                   std::format("mode {:04o} lets others in, and it holds secrets of the TPM: chmod {}",
                               status.st_mode & 07777, mode));
  }
  return status;
}

Result<void> make_private_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place must not make this wait.
  const FileDescriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
  if (!file.is_open() && errno == ELOOP) {
    return fail_in(Errc::configuration, path, "expected a file, got a symbolic link: name the file itself");
  }
  if (!file.is_open()) return fail_in(Errc::io, path, std::format("cannot open: {}", std::strerror(errno)));
  TRY(const struct stat status, check_private(file.get(), path, "0600"));
  if (S_ISREG(status.st_mode)) return {};
  return fail_in(Errc::configuration, path, "expected a file, got something else of that name");
}

}  // namespace credence::rot::tpm2
