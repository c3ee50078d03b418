// The directory that holds what a device must keep between runs: mode 0700, files 0600, written all or nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "rot/tpm2/file_descriptor.h"

namespace credence::rot::tpm2 {

class StateDirectory {
 public:
  // Makes the directory when it is not there. One that others may enter, or that is another user's, is refused with
  // Errc::configuration.
  [[nodiscard]] static Result<StateDirectory> open(const std::filesystem::path& path);

  // Keeps other processes from making keys at the same moment, as long as the result lives.
  [[nodiscard]] Result<FileDescriptor> lock() const;

  // No value when there is no such file.
  [[nodiscard]] Result<std::optional<SecretBytes>> read(const std::string& file) const;
  // After a crash there is the old file or the new one, never a part.
  [[nodiscard]] Result<void> write(const std::string& file, ByteView content) const;

  [[nodiscard]] std::string path_of(const std::string& file) const { return (path_ / file).string(); }

 private:
  StateDirectory(std::filesystem::path path, FileDescriptor directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  std::filesystem::path path_;
  FileDescriptor directory_;
};

}  // namespace credence::rot::tpm2
