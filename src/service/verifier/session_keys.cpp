#include "service/verifier/session_keys.h"

#include <format>
#include <ranges>

#include "base/text.h"
#include "service/verifier/file.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 4'096;
constexpr std::size_t kMostKeys = 8;
constexpr std::string_view kSpace = " \t\r";
// So that nothing else that is ever sealed with these keys passes for a session, nor a session of another tenant for
// one of this: its caller could read a result, or spend a nonce, that is not its own.
std::string purpose_of(SealedFor purpose, std::string_view tenant) {
  return std::format("credence {} 1 of {}", purpose == SealedFor::session ? "session" : "submission", tenant);
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

Result<crypto::AeadKey> read_key(std::string_view line, std::size_t number) {
  // Not from_hex(): its buffer would keep the key when it is freed.
  SecretBytes octets(crypto::AeadKey::kKeySize);
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  if (line.size() != 2 * octets.size() || line.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return fail(
        Errc::configuration,
        std::format("line {}: expected a key of 64 hexadecimal digits; `openssl rand -hex 32` makes one", number));
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets.octets()[i] = static_cast<std::uint8_t>(digit(line[2 * i]) << 4 | digit(line[2 * i + 1]));
  return crypto::AeadKey::from(octets.view());
}

}  // namespace

Result<SessionKeys> SessionKeys::from_text(std::string_view text, std::string_view tenant, SealedFor purpose) {
  std::vector<crypto::AeadKey> keys;
  std::size_t number = 0;
  for (const auto part : text | std::views::split('\n')) {
    ++number;
    const std::string_view line = trimmed(std::string_view(part));
    if (line.empty() || line.starts_with('#')) continue;
    if (keys.size() == kMostKeys)
      return fail(Errc::configuration, std::format("line {}: expected at most {} keys", number, kMostKeys));
    TRY(crypto::AeadKey key, read_key(line, number));
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return fail(Errc::configuration, "expected a key of 64 hexadecimal digits, got none");
  return SessionKeys(std::move(keys), purpose_of(purpose, tenant));
}

Result<SessionKeys> SessionKeys::from_file(const std::filesystem::path& file, std::string_view tenant,
                                           SealedFor purpose) {
  TRY(const SecretBytes text, read_private_file(file, kMaxKeyFile));
  auto keys = from_text(as_text(text.view()), tenant, purpose);
  if (!keys) return within(file.string(), std::move(keys).error());
  return keys;
}

Result<Bytes> SessionKeys::seal(ByteView plaintext, const Random& random) const {
  Bytes sealed(crypto::AeadKey::kNonceSize);
  CHECK(random.fill(sealed));
  TRY(const Bytes text, keys_.front().seal(sealed, as_bytes(purpose_), plaintext));
  append(sealed, text);
  return sealed;
}

Result<SessionKeys::Opened> SessionKeys::open(ByteView sealed) const {
  if (sealed.size() <= crypto::AeadKey::kNonceSize) return fail(Errc::truncated, "expected a nonce and a sealed text");
  const ByteView nonce = sealed.first(crypto::AeadKey::kNonceSize);
  const ByteView text = sealed.subspan(crypto::AeadKey::kNonceSize);
  for (const crypto::AeadKey& key : keys_) {
    auto plaintext = key.open(nonce, as_bytes(purpose_), text);
    if (plaintext) return Opened{.nonce = to_bytes(nonce), .plaintext = *std::move(plaintext)};
    if (plaintext.error().code != Errc::bad_signature) return std::unexpected(std::move(plaintext).error());
  }
  return fail(Errc::bad_signature, "no key of this verifier sealed this");
}

}  // namespace credence::service
