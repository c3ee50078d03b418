#include "service/verifier/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>
#include <utility>

namespace credence::service {
namespace {

std::unexpected<Error> system_error(const std::filesystem::path& file, std::string_view what) {
  return fail_in(Errc::configuration, file.string(),
                 std::format("cannot {}: {}", what, std::error_code(errno, std::generic_category()).message()));
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] bool valid() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

bool write_all(int descriptor, ByteView content) noexcept {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<bool> file_exists(const std::filesystem::path& file) {
  std::error_code error;
  const bool found = std::filesystem::exists(file, error);
  if (error) return fail_in(Errc::configuration, file.string(), "cannot look for the file: " + error.message());
  return found;
}

Result<SecretBytes> read_file(const std::filesystem::path& file, std::size_t limit) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return system_error(file, "open the file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > limit) {
    return fail_in(Errc::configuration, file.string(), std::format("expected a file of at most {} octets", limit));
  }
  SecretBytes content(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t octets = ::read(descriptor.get(), content.octets().data() + done, size - done);
    if (octets < 0 && errno == EINTR) continue;
    if (octets <= 0) return system_error(file, "read the file");
    done += static_cast<std::size_t>(octets);
  }
  return content;
}

Result<void> write_file(const std::filesystem::path& file, ByteView content, FileMode mode) {
  const std::filesystem::path draft = file.string() + ".new";
  {
    // O_EXCL and the mode from the start: at no time is there a moment in which others could open a secret.
    ::unlink(draft.c_str());
    const Descriptor descriptor(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == FileMode::owner_only ? 0600 : 0644));
    if (!descriptor.valid()) return system_error(draft, "create the file");
    if (!write_all(descriptor.get(), content) || ::fsync(descriptor.get()) != 0) {
      return system_error(draft, "write the file");
    }
  }
  if (::rename(draft.c_str(), file.c_str()) != 0) return system_error(file, "move the new file into place");
  return {};
}

Result<void> require_owner_only(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return system_error(file, "look at the file");
  if ((status.st_mode & 077) != 0) {
    return fail_in(Errc::configuration, file.string(),
                   std::format("expected a file that only its owner can read, got mode {:o}: chmod 600 it",
                               status.st_mode & 0777));
  }
  return {};
}

}  // namespace credence::service
