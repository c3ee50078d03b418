// Where the test vectors of others live. They are not part of the project: tests that use them skip, and say so,
// when they are absent.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/bytes.h"

namespace credence::test {

// $CREDENCE_VECTORS, else shared/vectors beside the checkout; empty when there is none.
[[nodiscard]] inline std::optional<std::filesystem::path> vectors_root() {
  std::filesystem::path root = std::filesystem::path(CREDENCE_SOURCE_DIR) / ".." / "shared" / "vectors";
  if (const char* chosen = std::getenv("CREDENCE_VECTORS")) root = chosen;
  if (!std::filesystem::is_directory(root)) return std::nullopt;
  return std::filesystem::canonical(root);
}

[[nodiscard]] inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

[[nodiscard]] inline std::string read_text(const std::filesystem::path& path) {
  return std::string(as_text(read_file(path)));
}

}  // namespace credence::test

// In a test body: skips with a message when the vectors are absent, else defines `root`.
#define CREDENCE_VECTORS_OR_SKIP(root)                                                                                \
  const auto found_##root = ::credence::test::vectors_root();                                                         \
  if (!found_##root) GTEST_SKIP() << "test vectors not found: set CREDENCE_VECTORS to their folder to run this test"; \
  const std::filesystem::path root = *found_##root
