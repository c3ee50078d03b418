#include "service/verifier/large_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>
#include <utility>

namespace credence::service {
namespace {

std::unexpected<Error> system_error(const std::filesystem::path& file, std::string_view what) {
  const int error = errno;
  return fail_in(error == ENOENT ? Errc::not_found : Errc::io, file.string(),
                 std::format("cannot {}: {}", what, std::error_code(error, std::generic_category()).message()));
}

}  // namespace

NewFile::NewFile(std::filesystem::path file, std::string draft, int descriptor)
    : file_(std::move(file)), draft_(std::move(draft)), descriptor_(descriptor) {}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)),
      draft_(std::exchange(other.draft_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

Result<NewFile> NewFile::start(std::filesystem::path file) {
  std::string draft = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(draft.data(), O_CLOEXEC);
  if (descriptor < 0) return system_error(file, "create the file");
  return NewFile(std::move(file), std::move(draft), descriptor);
}

Result<void> NewFile::write(ByteView octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor_, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error(draft_, "write the file");
    octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// A new name is lost in a power cut until its folder is written.
Result<void> NewFile::commit() {
  if (::fsync(descriptor_) != 0) return system_error(draft_, "write the file");
  if (::rename(draft_.c_str(), file_.c_str()) != 0) return system_error(file_, "move the new file into place");
  draft_.clear();
  const std::filesystem::path folder = file_.has_parent_path() ? file_.parent_path() : ".";
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool written = opened >= 0 && ::fsync(opened) == 0;
  auto error = system_error(folder, "write the folder");
  if (opened >= 0) ::close(opened);
  if (!written) return error;
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : octets_(std::exchange(other.octets_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (octets_ != nullptr) ::munmap(const_cast<std::uint8_t*>(octets_), size_);
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(file, "open the file");
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return fail_in(Errc::io, file.string(), "expected a file");
  }
  MappedFile mapped;
  mapped.size_ = static_cast<std::size_t>(status.st_size);
  void* const octets =
      mapped.size_ != 0 ? ::mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  auto error = system_error(file, "read the file");
  ::close(descriptor);
  if (octets == MAP_FAILED) return error;
  mapped.octets_ = static_cast<const std::uint8_t*>(octets);
  return mapped;
}

}  // namespace credence::service
