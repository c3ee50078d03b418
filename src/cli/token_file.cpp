#include "cli/token_file.h"

#include "cli/files.h"

namespace credence::cli {

Result<SecretBytes> read_token_file(const std::string& file) {
  TRY(Bytes content, read_file(file, 4'096));
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  SecretBytes token(content);
  cleanse(content);
  if (token.empty()) return fail_in(Errc::configuration, file, "the token file is empty");
  return token;
}

}  // namespace credence::cli
