// The files of a folder of test vectors, in the order of their names.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/vectors.h"

namespace credence::test {

// Below `folder`, with one of the extensions, as paths relative to it.
[[nodiscard]] inline std::vector<std::string> files_below(const std::filesystem::path& folder,
                                                          std::initializer_list<std::string_view> extensions) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && std::ranges::contains(extensions, entry.path().extension().string())) {
      files.push_back(std::filesystem::relative(entry.path(), folder).string());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace credence::test
