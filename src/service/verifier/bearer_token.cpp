#include "service/verifier/bearer_token.h"

#include "service/verifier/file.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxTokenFile = 4'096;
constexpr std::string_view kSpace = " \t\r\n";

ByteView trimmed(ByteView octets) {
  const std::string_view text = as_text(octets);
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return octets.subspan(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<BearerToken> BearerToken::from_file(const std::filesystem::path& file) {
  TRY(const SecretBytes content, read_file(file, kMaxTokenFile));
  const ByteView token = trimmed(content.view());
  if (token.empty()) return fail_in(Errc::configuration, file.string(), "expected a token, got an empty file");
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, token));
  return BearerToken(digest);
}

Result<void> BearerToken::check(const http::Request& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  TRY(const auto header, request.header("Authorization"));
  if (!header || !http::same_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
    return fail(Errc::unauthorized, "this resource needs a bearer token");
  }
  TRY(const crypto::Digest presented,
      crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(header->substr(kScheme.size()))));
  if (presented != digest_) return fail(Errc::unauthorized, "the bearer token is not the one that is expected here");
  return {};
}

}  // namespace credence::service
