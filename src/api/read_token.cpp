#include "api/read_token.h"

#include <fstream>
#include <string_view>

#include "base/bytes.h"

namespace credence {
namespace {

constexpr std::size_t kMostToken = 4'096;

}  // namespace

Result<SecretBytes> read_token(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_in(Errc::not_found, path.string(), "the token cannot be read");
  Bytes octets(kMostToken + 1);
  file.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<std::size_t>(file.gcount()));
  if (octets.size() > kMostToken) return fail_in(Errc::too_large, path.string(), "the token is too large");
  const std::string_view text = as_text(octets);
  SecretBytes token(as_bytes(text.substr(0, text.find_first_of("\r\n"))));
  cleanse(octets);
  if (token.empty()) return fail_in(Errc::configuration, path.string(), "expected a token in its first line, got none");
  return token;
}

}  // namespace credence
