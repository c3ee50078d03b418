// A PKCS#11 token for tests: SoftHSM in this process, with a folder and a PIN of the test's own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "crypto/key.h"
#include "support/certificate_files.h"
#include "support/temporary_directory.h"

namespace credence::test {

inline constexpr std::string_view kSoftHsmModule = "/usr/lib/softhsm/libsofthsm2.so";
inline constexpr std::string_view kSoftHsmPin = "274 817";

[[nodiscard]] inline bool has_softhsm() {
  return std::filesystem::exists(kSoftHsmModule) && std::system("command -v softhsm2-util >/dev/null") == 0;
}

// SoftHSM reads where its tokens are from the environment, once in a process: one of these at a time, made before the
// module is loaded first.
class SoftHsm {
 public:
  SoftHsm() {
    std::filesystem::create_directory(directory_.path() / "tokens");
    const auto configuration = write_file(directory_.path() / "softhsm2.conf",
                                          "directories.tokendir = " + (directory_.path() / "tokens").string() +
                                              "\nobjectstore.backend = file\nlog.level = ERROR\n");
    ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
    run("--init-token --free --label credence --so-pin 5678");
  }

  // Puts a key into the token; it stays there under this label.
  void import(const crypto::PrivateKey& key, const std::string& label, unsigned id) const {
    const auto file = write_file(directory_.path() / (label + ".pem"), as_text(key.pem().view()));
    run("--import '" + file.string() + "' --token credence --label " + label + " --id 0" + std::to_string(id));
  }

  [[nodiscard]] static std::string uri(const std::string& label) {
    return "pkcs11:token=credence;object=" + label + ";type=private";
  }
  // With the PIN, as an operator would keep it.
  [[nodiscard]] std::filesystem::path pin_file() const {
    auto file = write_file(directory_.path() / "pin", std::string(kSoftHsmPin) + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    return file;
  }

 private:
  void run(const std::string& arguments) const {
    const std::string command = "softhsm2-util " + arguments + " --pin '" + std::string(kSoftHsmPin) + "' >/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  TemporaryDirectory directory_;
};

}  // namespace credence::test

#define CREDENCE_SOFTHSM_OR_SKIP() \
  if (!credence::test::has_softhsm()) GTEST_SKIP() << "softhsm2 is not installed: ./dev setup test"
