// A process that may not write what its user may not: as root, which may write everything, the test becomes nobody for
// as long as the object lives, and nobody owns the folder. For others the permissions alone will do.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace credence::test {

class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& folder) : was_root_(::geteuid() == 0) {
    if (!was_root_) return;
    bool given = ::chown(folder.c_str(), kNobody, kNobody) == 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      given = ::lchown(entry.path().c_str(), kNobody, kNobody) == 0 && given;
    if (!given || ::seteuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (was_root_ && ::seteuid(0) != 0) ::_exit(1);
  }

 private:
  static constexpr ::uid_t kNobody = 65'534;
  bool was_root_;
};

}  // namespace credence::test
