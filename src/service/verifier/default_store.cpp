#include "service/verifier/default_store.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <format>
#include <optional>
#include <system_error>

namespace credence::service {
namespace {

constexpr std::string_view kStoreFile = "verifier.db", kOwnFolder = "credence";

// An absolute path: others are to be ignored (XDG Base Directory Specification), since they mean something else in each
// folder that a verifier is started in.
std::optional<std::filesystem::path> folder_named_by(const char* variable) {
  const char* const value = ::secure_getenv(variable);
  if (value == nullptr) return std::nullopt;
  std::filesystem::path folder(value);
  if (!folder.is_absolute()) return std::nullopt;
  return folder;
}

// systemd names several with colons between them (systemd.exec(5)).
std::optional<std::filesystem::path> folder_of_service() {
  const auto named = folder_named_by("STATE_DIRECTORY");
  if (!named) return std::nullopt;
  const std::string& all = named->native();
  return std::filesystem::path(all.substr(0, all.find(':')));
}

Result<std::filesystem::path> state_folder() {
  if (const auto folder = folder_of_service()) return *folder;
  if (const auto folder = folder_named_by("XDG_STATE_HOME")) return *folder / kOwnFolder;
  if (const auto folder = folder_named_by("HOME")) return *folder / ".local" / "state" / kOwnFolder;
  return fail(Errc::usage,
              "expected sqlite:FILE, postgresql://HOST/DATABASE or memory:, or an environment that names a folder for "
              "it (STATE_DIRECTORY, XDG_STATE_HOME or HOME), got none of them");
}

std::unexpected<Error> cannot_make(const std::filesystem::path& folder, int why) {
  return fail_in(Errc::configuration, folder.string(),
                 std::format("cannot make the folder of the store: {}: make it, or name the store with --store",
                             std::generic_category().message(why)));
}

// With those above it.
Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error)) return {};
  if (folder.has_relative_path()) CHECK(make_private_folder(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot_make(folder, errno);
  return {};
}

// The first that is there, from this one up. A link that leads nowhere is: nothing can be made in its place.
std::filesystem::path nearest_to(std::filesystem::path folder) {
  std::error_code unknown;
  while (folder.has_relative_path() && !std::filesystem::exists(std::filesystem::symlink_status(folder, unknown)))
    folder = folder.parent_path();
  return folder;
}

// What the kernel shows of itself has modes that let root write, and takes no folder all the same.
bool is_of_the_kernel(const std::filesystem::path& folder) {
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) return false;
  return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC;
}

Result<void> check_can_make_in(const std::filesystem::path& folder) {
  std::error_code unknown;
  if (!std::filesystem::is_directory(folder, unknown)) return cannot_make(folder, ENOTDIR);
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) return cannot_make(folder, errno);
  if (is_of_the_kernel(folder)) return cannot_make(folder, EPERM);
  return {};
}

// Whoever may change one above the store can put another in its place. Under a sticky bit (/tmp) only owners can.
Result<void> check_above(const std::filesystem::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return cannot_make(folder, errno);
  const bool is_ours = status.st_uid == 0 || status.st_uid == ::geteuid();
  if (is_ours && ((status.st_mode & 022) == 0 || (status.st_mode & S_ISVTX) != 0)) return {};
  return fail_in(Errc::configuration, folder.string(),
                 std::format("expected a folder above the store that only root and this process's user {} can change, "
                             "got one of user {} and mode {:o}: chown or chmod go-w it, or name the store with --store",
                             ::geteuid(), status.st_uid, status.st_mode & 07777));
}

// As it is named, and as it is without symbolic links.
Result<void> check_way_to(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(folder, error);
  if (error) return cannot_make(folder, error.value());
  for (std::filesystem::path above : {folder, real}) {
    CHECK(check_above(above));
    while (above.has_relative_path()) {
      above = above.parent_path();
      CHECK(check_above(above));
    }
  }
  return {};
}

Result<void> check_private_folder(const std::filesystem::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return cannot_make(folder, errno);
  if (!S_ISDIR(status.st_mode))
    return fail_in(Errc::configuration, folder.string(), "expected a folder for the store, got something else");
  if (status.st_uid != ::geteuid())
    return fail_in(Errc::configuration, folder.string(),
                   std::format("expected a folder of this process's user {}, got one of user {}: chown it, or name the "
                               "store with --store",
                               ::geteuid(), status.st_uid));
  if ((status.st_mode & 022) != 0)
    return fail_in(Errc::configuration, folder.string(),
                   std::format("expected a folder that only its owner can write, got mode {:o}: chmod go-w it",
                               status.st_mode & 0777));
  return check_way_to(folder);
}

}  // namespace

Result<std::string> default_store() {
  TRY(const std::filesystem::path folder, state_folder());
  return "sqlite:" + (folder / kStoreFile).string();
}

Result<void> make_folder_of_default_store() {
  TRY(const std::filesystem::path folder, state_folder());
  CHECK(make_private_folder(folder));
  return check_private_folder(folder);
}

Result<bool> check_folder_of_default_store() {
  TRY(const std::filesystem::path folder, state_folder());
  const std::filesystem::path there = nearest_to(folder);
  if (there == folder) {
    CHECK(check_private_folder(folder));
    return true;
  }
  CHECK(check_can_make_in(there));
  CHECK(check_way_to(there));
  return false;
}

}  // namespace credence::service
