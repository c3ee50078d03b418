#include "rot/tpm2/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>

#include "rot/tpm2/private_file.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;

std::unexpected<Error> io_error(const std::string& path, std::string_view step) {
  return fail_in(Errc::io, path, std::format("cannot {}: {}", step, std::strerror(errno)));
}

Result<void> write_all(int descriptor, ByteView content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error(path, "write");
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<StateDirectory> StateDirectory::open(const std::filesystem::path& path) {
  if (path.empty()) return fail(Errc::configuration, "a TPM needs a state directory: give one (--state DIR)");
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return io_error(path.string(), "make the directory");
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return io_error(path.string(), "open the directory");
  CHECK(check_private(directory.get(), path.string(), "0700"));
  return StateDirectory(path, std::move(directory));
}

Result<FileDescriptor> StateDirectory::lock() const {
  FileDescriptor lock(::openat(directory_.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!lock.is_open() || ::flock(lock.get(), LOCK_EX) != 0) return io_error(path_of("lock"), "lock");
  return lock;
}

Result<std::optional<SecretBytes>> StateDirectory::read(const std::string& file) const {
  const std::string path = path_of(file);
  const FileDescriptor opened(::openat(directory_.get(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!opened.is_open() && errno == ENOENT) return std::nullopt;
  if (!opened.is_open()) return io_error(path, "open");
  TRY(const struct stat status, check_private(opened.get(), path, "0600"));
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kLargestFile) {
    return fail_in(Errc::configuration, path, std::format("expected a file of at most {} octets", kLargestFile));
  }
  SecretBytes content(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(opened.get(), content.octets().data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return io_error(path, "read");
    filled += static_cast<std::size_t>(got);
  }
  return content;
}

Result<void> StateDirectory::write(const std::string& file, ByteView content) const {
  const std::string path = path_of(file);
  const std::string unfinished = std::format("{}.new", file);
  {
    const FileDescriptor created(::openat(directory_.get(), unfinished.c_str(),
                                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (!created.is_open()) return io_error(path, "create");
    CHECK(write_all(created.get(), content, path));
    if (::fsync(created.get()) != 0) return io_error(path, "fsync");
  }
  if (::renameat(directory_.get(), unfinished.c_str(), directory_.get(), file.c_str()) != 0) {
    return io_error(path, "rename");
  }
  if (::fsync(directory_.get()) != 0) return io_error(path, "fsync the directory");
  return {};
}

}  // namespace credence::rot::tpm2
