// A self-signed certificate for 127.0.0.1 and its key, in files.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "support/temporary_directory.h"

namespace credence::test {

inline std::filesystem::path write_file(const std::filesystem::path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

// For its owner only, as secrets must be.
inline std::filesystem::path write_private_file(const std::filesystem::path& file, std::string_view content) {
  write_file(file, content);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return file;
}

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

inline CertificateFiles write_certificate(const TemporaryDirectory& directory, const std::string& name) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const Timestamp now = system_clock()->now();
  const auto certificate = crypto::self_sign(key, {.common_name = name,
                                                   .dns_names = {"127.0.0.1", "localhost"},
                                                   .not_before = now - std::chrono::hours(1),
                                                   .not_after = now + std::chrono::hours(1)})
                               .value();
  return {.certificate = write_file(directory.path() / (name + ".crt"), certificate.pem()),
          .key = write_private_file(directory.path() / (name + ".key"), as_text(key.pem().view()))};
}

}  // namespace credence::test
