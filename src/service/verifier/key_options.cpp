#include "service/verifier/key_options.h"

#include <chrono>
#include <format>
#include <locale>
#include <sstream>

#include "crypto/algorithm.h"
#include "service/verifier/file.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/signing_key.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 64 << 10;

// 2026-12-01T00:00:00Z
Result<Timestamp> parse_time(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  std::chrono::sys_seconds time;
  stream >> std::chrono::parse("%FT%TZ", time);
  if (!stream.fail() && stream.peek() == std::istringstream::traits_type::eof()) return time;
  return fail(Errc::usage,
              std::format("next-signing-key-from: expected a time such as 2026-12-01T00:00:00Z, got \"{}\"", text));
}

Result<SigningKey> open_key(SigningKeyOpener& keys, const std::string& specification, const std::string& algorithm) {
  TRY(crypto::PrivateKey key, keys.open(specification));
  SigningKey opened{.key = std::move(key)};
  if (algorithm.empty()) return opened;
  auto named = crypto::signature_algorithm_from_name(algorithm);
  if (!named) return fail(Errc::usage, "signing-algorithm: " + named.error().why);
  opened.algorithm = *named;
  return opened;
}

// The next key is perhaps of another kind, so that the algorithm named for RSA does not fit: its default then.
Result<SigningKey> open_next(SigningKeyOpener& keys, const KeyOptions& options) {
  TRY(SigningKey next, open_key(keys, options.next_signing_key, {}));
  const auto named = crypto::signature_algorithm_from_name(options.signing_algorithm);
  if (named && crypto::check_algorithm_fits(*named, next.key.public_key().type())) next.algorithm = *named;
  return next;
}

Result<crypto::PublicKey> read_retired(const std::filesystem::path& file) {
  TRY(const SecretBytes pem, read_file(file, kMaxKeyFile));
  auto key = crypto::PublicKey::from_pem(as_text(pem.view()));
  if (!key) return fail_in(Errc::configuration, file.string(), "retired-key: " + key.error().text());
  return key;
}

void warn_when_late(Timestamp from, Timestamp now, Log& log) {
  if (from < now || from >= now + kJwksMaxAge) return;
  log.write(
      LogLevel::warning,
      std::format("the next signing key takes over in less than {} s: relying parties may hold a key set without it",
                  kJwksMaxAge.count()));
}

}  // namespace

Result<ResultSigner> open_result_signer(const KeyOptions& options, Seconds longest_lifetime, Timestamp now, Log& log) {
  SigningKeyOpener opener;
  TRY(SigningKey current, open_key(opener, options.signing_key, options.signing_algorithm));
  ResultKeys keys{.current = std::move(current), .longest_lifetime = longest_lifetime};
  if (options.next_signing_key.empty() && !options.next_signing_key_from.empty())
    return fail(Errc::usage, "next-signing-key-from: expected a next-signing-key too");
  if (!options.next_signing_key.empty()) {
    TRY(keys.next, open_next(opener, options));
  }
  if (!options.next_signing_key_from.empty()) {
    TRY(keys.next_from, parse_time(options.next_signing_key_from));
    warn_when_late(*keys.next_from, now, log);
  }
  for (const std::filesystem::path& file : options.retired_keys) {
    TRY(crypto::PublicKey key, read_retired(file));
    keys.retired.push_back(std::move(key));
  }
  TRY(ResultSigner signer, ResultSigner::make(std::move(keys)));
  return signer;
}

}  // namespace credence::service
