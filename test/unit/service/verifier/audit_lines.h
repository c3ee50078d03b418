// What an audit log says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json/json.h"

namespace credence::test {

// The lines of an audit log from `first` on.
inline std::vector<json::Object> audit_lines(const std::filesystem::path& file, std::size_t first = 0) {
  std::ifstream stream(file);
  std::vector<json::Object> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line).value().as_object());
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first));
  return lines;
}

// Empty when the line has no such member.
inline std::string text_of(const json::Object& line, std::string_view member) {
  const auto* const found = line.if_contains(member);
  return found == nullptr ? std::string() : std::string(found->as_string());
}

}  // namespace credence::test
