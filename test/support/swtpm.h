// A swtpm process of the test's own, on loopback ports that were free, with its state in a temporary directory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "support/temporary_directory.h"

namespace credence::test {

class Swtpm {
 public:
  // Throws std::runtime_error when there is no swtpm or it does not start.
  Swtpm();
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm();

  [[nodiscard]] static bool available();
  [[nodiscard]] std::string tcti() const;
  // Turns the TPM's power off and on, while its connection stays.
  void reset() const;
  // Keeps it from answering, and lets it answer again.
  void pause() const;
  void resume() const;
  // Ends the process: from now on the TPM is missing.
  void stop();

 private:
  [[nodiscard]] bool answers() const;

  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace credence::test
