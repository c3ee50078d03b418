#include "base/token_file.h"

#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <string_view>

#include "base/bytes.h"

namespace credence {
namespace {

constexpr std::size_t kMostToken = 4'096;

}  // namespace

Result<SecretBytes> read_token_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail_in(Errc::not_found, path.string(),
                   std::format("the token file cannot be read: {}", std::strerror(errno)));
  Bytes octets(kMostToken + 1);
  file.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<std::size_t>(file.gcount()));
  const std::string_view text = as_text(octets);
  SecretBytes token(as_bytes(text.substr(0, text.find_first_of("\r\n"))));
  const bool too_large = octets.size() > kMostToken;
  cleanse(octets);
  if (too_large)
    return fail_in(Errc::too_large, path.string(), std::format("expected at most {} octets of a token", kMostToken));
  if (token.empty()) return fail_in(Errc::configuration, path.string(), "expected a token in its first line, got none");
  return token;
}

}  // namespace credence
