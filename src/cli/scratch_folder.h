// A folder under the system's temporary one, removed with everything in it unless it is kept.
#pragma once

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace credence::cli {

class ScratchFolder {
 public:
  [[nodiscard]] static Result<ScratchFolder> make();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Leaves it to whoever looks for the cause of a failure.
  void keep() noexcept { kept_ = true; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace credence::cli
