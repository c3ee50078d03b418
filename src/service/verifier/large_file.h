// Files that are too large to be held as a whole: written piece by piece, read where they lie.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::service {

// A file that appears under its name when commit() has made it durable; until then, and when it is not called, whatever
// was there stays. Only its owner can read it.
class NewFile {
 public:
  [[nodiscard]] static Result<NewFile> start(std::filesystem::path file);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] Result<void> write(ByteView octets);
  [[nodiscard]] Result<void> commit();

 private:
  NewFile(std::filesystem::path file, std::string draft, int descriptor);

  std::filesystem::path file_;
  std::string draft_;
  int descriptor_;
};

// The octets of a file that nobody cuts short meanwhile.
class MappedFile {
 public:
  [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& file);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  [[nodiscard]] ByteView octets() const noexcept { return {octets_, size_}; }

 private:
  MappedFile() = default;

  const std::uint8_t* octets_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace credence::service
