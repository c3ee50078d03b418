#include "cli/files.h"

#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <system_error>

namespace credence::cli {

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t most) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return fail_in(Errc::not_found, path.string(), "expected a file, got a directory: name a file in it");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail_in(Errc::not_found, path.string(), std::format("cannot be read: {}", std::strerror(errno)));
  }
  Bytes content(most + 1);
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > most) {
    return fail_in(Errc::too_large, path.string(), std::format("expected at most {} octets", most));
  }
  content.shrink_to_fit();
  return content;
}

Result<std::string> read_text_file(const std::filesystem::path& path) {
  TRY(const Bytes content, read_file(path));
  return std::string(as_text(content));
}

Result<void> write_file(const std::filesystem::path& path, ByteView content) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) return fail_in(Errc::io, temporary.string(), std::format("cannot be written: {}", std::strerror(errno)));
  std::error_code renamed;
  std::filesystem::rename(temporary, path, renamed);
  if (renamed) return fail_in(Errc::io, path.string(), "cannot be replaced: " + renamed.message());
  return {};
}

Result<crypto::PublicKey> read_public_key(const std::filesystem::path& pem) {
  TRY(const std::string text, read_text_file(pem));
  auto key = crypto::PublicKey::from_pem(text);
  if (!key) return within(pem.string(), std::move(key).error());
  return key;
}

Result<std::vector<crypto::Certificate>> read_certificates(const std::filesystem::path& pem) {
  TRY(const std::string text, read_text_file(pem));
  auto certificates = crypto::certificates_from_pem(text);
  if (!certificates) return within(pem.string(), std::move(certificates).error());
  return certificates;
}

}  // namespace credence::cli
