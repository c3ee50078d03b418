#include "service/verifier/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <string>
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

Result<SecretBytes> read_all(const Descriptor& descriptor, const struct stat& status, const std::filesystem::path& file,
                             std::size_t limit) {
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

// systemd's LoadCredential= gives a file of root's to this process by an access list, which shows as access for the
// group (systemd.exec(5)). Nobody but root and this process can look into the folder.
bool is_credential(const struct stat& status, const std::filesystem::path& file) {
  const char* const folder = ::secure_getenv("CREDENTIALS_DIRECTORY");
  return folder != nullptr && file.parent_path() == folder && status.st_uid == 0 && (status.st_mode & 037) == 0;
}

Result<void> check_owner_only(const struct stat& status, const std::filesystem::path& file) {
  if (is_credential(status, file)) return {};
  if (status.st_uid != ::geteuid()) {
    return fail_in(Errc::configuration, file.string(),
                   std::format("expected a file of this process's user {}, got one of user {}: chown it", ::geteuid(),
                               status.st_uid));
  }
  if ((status.st_mode & 077) != 0) {
    return fail_in(Errc::configuration, file.string(),
                   std::format("expected a file that only its owner can read, got mode {:o}: chmod 600 it",
                               status.st_mode & 0777));
  }
  return {};
}

// Beside `file`, under a name that nobody else uses, durable, and from the start with no access for others.
Result<std::string> write_draft(const std::filesystem::path& file, ByteView content, FileMode mode) {
  std::string draft = file.string() + ".XXXXXX";
  const Descriptor descriptor(::mkostemp(draft.data(), O_CLOEXEC));
  if (!descriptor.valid()) return system_error(file, "create the file");
  const bool readable = mode == FileMode::owner_only || ::fchmod(descriptor.get(), 0644) == 0;
  if (!readable || !write_all(descriptor.get(), content) || ::fsync(descriptor.get()) != 0) {
    auto error = system_error(draft, "write the file");
    ::unlink(draft.c_str());
    return error;
  }
  return draft;
}

// A new name is lost in a power cut until its folder is written.
Result<void> sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.valid() || ::fsync(descriptor.get()) != 0) return system_error(folder, "write the folder");
  return {};
}

}  // namespace

Result<bool> file_exists(const std::filesystem::path& file) {
  std::error_code error;
  const bool found = std::filesystem::exists(file, error);
  if (error) return fail_in(Errc::configuration, file.string(), "cannot look for the file: " + error.message());
  return found;
}

Result<void> check_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return fail_in(Errc::configuration, folder.string(), "expected a folder: make it");
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return system_error(folder, "write the folder");
  return {};
}

Result<SecretBytes> read_file(const std::filesystem::path& file, std::size_t limit) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return system_error(file, "open the file");
  return read_all(descriptor, status, file, limit);
}

// One descriptor for the check and the content: a path may name another file in between.
Result<SecretBytes> read_private_file(const std::filesystem::path& file, std::size_t limit) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!descriptor.valid() && errno == ELOOP) {
    return fail_in(Errc::configuration, file.string(), "expected a file, got a symbolic link: name the file itself");
  }
  struct stat status{};
  if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return system_error(file, "open the file");
  CHECK(check_owner_only(status, file));
  return read_all(descriptor, status, file, limit);
}

Result<void> write_file(const std::filesystem::path& file, ByteView content, FileMode mode) {
  TRY(const std::string draft, write_draft(file, content, mode));
  if (::rename(draft.c_str(), file.c_str()) != 0) {
    auto error = system_error(file, "move the new file into place");
    ::unlink(draft.c_str());
    return error;
  }
  return sync_folder_of(file);
}

Result<bool> create_file(const std::filesystem::path& file, ByteView content, FileMode mode) {
  TRY(const std::string draft, write_draft(file, content, mode));
  // Unlike rename(), link() leaves alone what is there.
  const bool created = ::link(draft.c_str(), file.c_str()) == 0;
  const bool present = !created && errno == EEXIST;
  auto error = system_error(file, "move the new file into place");
  ::unlink(draft.c_str());
  if (present) return false;
  if (!created) return error;
  CHECK(sync_folder_of(file));
  return true;
}

}  // namespace credence::service
