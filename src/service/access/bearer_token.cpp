#include "service/access/bearer_token.h"

#include "service/verifier/file.h"

namespace credence::service::access {
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

Result<std::optional<std::string_view>> bearer_credential(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  TRY(const auto header, request.header("Authorization"));
  if (!header || !http::same_ignoring_case(header->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return header->substr(kScheme.size());
}

Result<BearerTokens> BearerTokens::from_token_file(const std::filesystem::path& file) {
  TRY(const SecretBytes content, read_private_file(file, kMaxTokenFile));
  const ByteView token = trimmed(content.view());
  if (token.empty()) return fail_in(Errc::configuration, file.string(), "expected a token, got an empty file");
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, token));
  return BearerTokens({{.digest = digest, .principal = {.name = "provisioning-token", .roles = {Role::provisioner}}}});
}

Result<std::optional<Principal>> BearerTokens::identify(const http::Request& request) const {
  TRY(const auto token, bearer_credential(request));
  if (!token) return std::nullopt;
  TRY(const crypto::Digest presented, crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(*token)));
  const Entry* found = nullptr;
  for (const Entry& entry : entries_)  // all of them: the time says nothing about the place of a match
    if (presented == entry.digest) found = &entry;
  if (found == nullptr) return fail(Errc::unauthorized, "the bearer token is not one that is expected here");
  return found->principal;
}

std::string BearerTokens::challenge() const { return "Bearer realm=\"credence\""; }

}  // namespace credence::service::access
