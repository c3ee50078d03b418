#include "rot/tpm2/required_library.h"

#include <dlfcn.h>

#include <format>
#include <string>

namespace credence::rot::tpm2 {
namespace {

constexpr RequiredLibrary kLibraries[] = {
    {"libtpms", "libtss2-tcti-libtpms.so.0", "libtss2-tcti-libtpms0t64"},
    {"libtpms", "libtpms.so.0", "libtpms0"},
    {"swtpm", "libtss2-tcti-swtpm.so.0", "libtss2-tcti-swtpm0t64"},
    {"device", "libtss2-tcti-device.so.0", "libtss2-tcti-device0t64"},
};

bool can_be_loaded(const char* file) {
  void* library = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library != nullptr) ::dlclose(library);
  return library != nullptr;
}

}  // namespace

std::span<const RequiredLibrary> required_libraries() noexcept { return kLibraries; }

Result<void> check_libraries(std::string_view tcti, std::span<const RequiredLibrary> libraries) {
  const std::string_view kind = tcti.substr(0, tcti.find(':'));
  for (const RequiredLibrary& library : libraries) {
    if (library.tcti != kind || can_be_loaded(library.file)) continue;
    return fail_in(Errc::configuration, std::string(tcti),
                   std::format("{} cannot be loaded: install the Debian package {}", library.file, library.package));
  }
  return {};
}

}  // namespace credence::rot::tpm2
