#include "crypto/openssl/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <format>

#include "base/text.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kLineLength = 64;  // RFC 7468 section 2

struct Block {
  std::string label;
  bool has_headers = false;  // "Proc-Type: 4,ENCRYPTED" and the like
  SecretBytes content;
};

// As PEM_read_bio() gives it. The content may be a private key: it is cleansed, also where there is no memory to copy
// it.
struct ReadBlock {
  ReadBlock() = default;
  ~ReadBlock() {
    cleanse(octets());
    OPENSSL_free(label);
    OPENSSL_free(headers);
    OPENSSL_free(content);
  }
  ReadBlock(const ReadBlock&) = delete;
  ReadBlock& operator=(const ReadBlock&) = delete;

  [[nodiscard]] MutableByteView octets() const { return {content, static_cast<std::size_t>(size)}; }

  char* label = nullptr;
  char* headers = nullptr;
  unsigned char* content = nullptr;
  long size = 0;
};

// An empty optional at the end of the text.
Result<std::optional<Block>> next_block(BIO* bio) {
  ReadBlock read;
  ERR_clear_error();
  if (PEM_read_bio(bio, &read.label, &read.headers, &read.content, &read.size) != 1) {
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string reason = last_error();
    if (at_end) return std::nullopt;
    return fail(Errc::malformed, "PEM: " + reason);
  }
  return Block{.label = read.label, .has_headers = *read.headers != '\0', .content = SecretBytes(read.octets())};
}

}  // namespace

Result<std::vector<SecretBytes>> read_pem(ByteView text, std::string_view label, std::size_t most) {
  if (text.size() > most) {
    return fail(Errc::too_large, std::format("expected PEM of at most {} octets, got {}", most, text.size()));
  }
  if (text.empty()) return fail(Errc::malformed, std::format("expected a PEM block 'BEGIN {}', got no text", label));
  const OwnedBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return openssl_failure("BIO_new_mem_buf");
  std::vector<SecretBytes> contents;
  while (true) {
    TRY(std::optional<Block> block, next_block(bio.get()));
    if (!block) break;
    if (block->label != label || block->has_headers) {
      return fail(Errc::malformed,
                  std::format("expected PEM blocks 'BEGIN {}' without headers, got 'BEGIN {}'", label, block->label));
    }
    contents.push_back(std::move(block->content));
  }
  if (contents.empty()) return fail(Errc::malformed, std::format("expected a PEM block 'BEGIN {}', found none", label));
  return contents;
}

Result<SecretBytes> read_one_pem(ByteView text, std::string_view label, std::size_t most) {
  TRY(std::vector<SecretBytes> contents, read_pem(text, label, most));
  if (contents.size() == 1) return std::move(contents.front());
  return fail(Errc::trailing_bytes, std::format("expected one PEM block 'BEGIN {}', got {}", label, contents.size()));
}

std::string write_pem(ByteView der, std::string_view label) {
  const std::string base64 = to_base64(der);
  std::string text = std::format("-----BEGIN {}-----\n", label);
  for (std::size_t at = 0; at < base64.size(); at += kLineLength) text += base64.substr(at, kLineLength) + '\n';
  return text + std::format("-----END {}-----\n", label);
}

}  // namespace credence::crypto
