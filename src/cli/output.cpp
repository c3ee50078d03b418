#include "cli/output.h"

#include <cstdio>
#include <format>

namespace credence::cli {
namespace {

void print(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fputc('\n', to);
  std::fflush(to);
}

std::string scalar(const json::Value& value) {
  return value.is_string() ? printable(value.as_string()) : json::to_text(value);
}

bool is_nested(const json::Value& value) { return value.is_object() || value.is_array(); }

std::string array_lines(const json::Array& items, unsigned indent) {
  const std::string margin(indent, ' ');
  std::string lines;
  for (const auto& item : items) {
    if (item.is_object()) {
      lines += margin + "-\n" + as_lines(item.as_object(), indent + 2);
    } else {
      lines += margin + "- " + scalar(item) + "\n";
    }
  }
  return lines;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (const char character : text) {
    const auto octet = static_cast<unsigned char>(character);
    const bool control = octet < 0x20 || octet == 0x7f;
    if (control && character != '\n') {
      shown += std::format("\\x{:02x}", octet);
    } else {
      shown += character;
    }
  }
  return shown;
}

std::string as_lines(const json::Object& facts, unsigned indent) {
  const std::string margin(indent, ' ');
  std::string lines;
  for (const auto& [key, value] : facts) {
    const std::string name = margin + printable(std::string_view(key));
    if (!is_nested(value)) {
      lines += name + ": " + scalar(value) + "\n";
    } else if (value.is_object()) {
      lines += name + ":\n" + as_lines(value.as_object(), indent + 2);
    } else {
      lines += name + ":\n" + array_lines(value.as_array(), indent + 2);
    }
  }
  return lines;
}

void Output::facts(const json::Object& facts) const {
  if (as_json_) {
    print(stdout, json::to_text(facts));
    return;
  }
  std::string lines = as_lines(facts);
  if (!lines.empty()) lines.pop_back();
  print(stdout, lines);
}

void Output::line(std::string_view text) const {
  if (!as_json_) print(stdout, text);
}

ExitStatus Output::error(const Error& error) const {
  if (as_json_) {
    json::Object fields{{"code", name(error.code)}, {"why", error.why}};
    if (error.offset) fields["offset"] = *error.offset;
    if (!error.path.empty()) fields["path"] = error.path;
    print(stderr, json::to_text(json::Object{{"error", fields}}));
  } else {
    print(stderr, "credence: " + printable(error.text()));
  }
  return exit_status_of(error.code);
}

}  // namespace credence::cli
