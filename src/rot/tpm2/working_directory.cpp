#include "rot/tpm2/working_directory.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <format>
#include <string>
#include <system_error>
#include <thread>

namespace credence::rot::tpm2 {
namespace {

std::unexpected<Error> failed(const char* step) {
  return fail(Errc::io, std::format("no private working directory for libtpms: {}: {}", step, std::strerror(errno)));
}

}  // namespace

Result<void> in_temporary_directory(const std::function<Result<void>()>& operation) {
  std::string directory = "/tmp/credence-tpm-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return failed("mkdtemp");
  Result<void> result;
  std::thread([&] {
    if (::unshare(CLONE_FS) != 0) {
      result = failed("unshare");
    } else if (::chdir(directory.c_str()) != 0) {
      result = failed("chdir");
    } else {
      result = operation();
    }
  }).join();
  std::error_code ignored;  // what is left is private and empty of use
  std::filesystem::remove_all(directory, ignored);
  return result;
}

}  // namespace credence::rot::tpm2
