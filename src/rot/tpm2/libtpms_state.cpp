#include "rot/tpm2/libtpms_state.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <format>
#include <optional>

#include "rot/tpm2/file_descriptor.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::uint64_t kSizeField = 4;

// A big-endian number of four octets; none when the file ends before.
std::optional<std::uint64_t> read_size(int file, std::uint64_t offset) {
  std::array<std::uint8_t, kSizeField> octets{};
  if (::pread(file, octets.data(), octets.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(octets.size())) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const std::uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

// tcti-libtpms.c: size and permanent state, size and volatile state. What follows is room for more.
bool is_whole(int file, std::uint64_t file_size) {
  std::uint64_t end = 0;
  for (int part = 0; part < 2; ++part) {
    const auto size = read_size(file, end);
    if (!size || *size == 0) return false;
    end += kSizeField + *size;
  }
  return end <= file_size;
}

}  // namespace

Result<void> check_libtpms_state(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return fail_in(Errc::io, path, std::format("cannot read the TPM state: {}", std::strerror(errno)));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || is_whole(file.get(), size)) return {};
  return fail_in(Errc::configuration, path,
                 std::format("the TPM state is damaged: {} octets are not what its own sizes say; restore the file, or "
                             "use another one and endorse the new keys",
                             size));
}

}  // namespace credence::rot::tpm2
