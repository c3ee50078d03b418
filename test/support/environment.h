// Variables of the environment for the time of a test: set, or absent.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace credence::test {

// Not beside threads that read the environment.
class Environment {
 public:
  using Variables = std::map<std::string, std::optional<std::string>>;

  explicit Environment(const Variables& variables) {
    for (const auto& [name, value] : variables) {
      const char* const before = std::getenv(name.c_str());
      before_[name] = before != nullptr ? std::optional<std::string>(before) : std::nullopt;
    }
    set(variables);
  }
  ~Environment() { set(before_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const Variables& variables) {
    for (const auto& [name, value] : variables) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

  Variables before_;
};

}  // namespace credence::test
