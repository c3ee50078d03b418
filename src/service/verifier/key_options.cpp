#include "service/verifier/key_options.h"

#include <chrono>
#include <format>
#include <locale>
#include <optional>
#include <sstream>
#include <utility>

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

// Nothing for the key's default.
Result<std::optional<crypto::SignatureAlgorithm>> parse_algorithm(const std::string& name) {
  if (name.empty()) return std::nullopt;
  auto named = crypto::signature_algorithm_from_name(name);
  if (!named) return fail(Errc::usage, "signing-algorithm: " + named.error().why);
  return *named;
}

Result<SigningKey> open_current(SigningKeyOpener& keys, const KeyOptions& options) {
  TRY(crypto::PrivateKey key, keys.open(options.signing_key));
  TRY(const auto algorithm, parse_algorithm(options.signing_algorithm));
  return SigningKey{.key = std::move(key), .algorithm = algorithm};
}

// The next key is perhaps of another kind, so that the algorithm named for RSA does not fit: its default then.
SigningKey as_next(crypto::PrivateKey key, const KeyOptions& options) {
  SigningKey next{.key = std::move(key)};
  const auto named = crypto::signature_algorithm_from_name(options.signing_algorithm);
  if (named && crypto::check_algorithm_fits(*named, next.key.public_key().type())) next.algorithm = *named;
  return next;
}

// When the next key takes over; nothing: with a later start.
Result<std::optional<Timestamp>> next_from(const KeyOptions& options) {
  if (options.next_signing_key_from.empty()) return std::nullopt;
  if (options.next_signing_key.empty())
    return fail(Errc::usage, "next-signing-key-from: expected a next-signing-key too");
  TRY(const Timestamp from, parse_time(options.next_signing_key_from));
  return from;
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

class KeyCheck {
 public:
  explicit KeyCheck(const KeyOptions& options) : options_(options) {}

  std::vector<KeyProblem> run() {
    const auto current = look("signing-key", options_.signing_key);
    const bool is_twice = options_.next_signing_key == options_.signing_key;
    const auto next = is_twice ? current : look("next-signing-key", options_.next_signing_key);
    const auto algorithm = taken("signing-algorithm", parse_algorithm(options_.signing_algorithm));
    (void)taken("next-signing-key-from", next_from(options_));
    std::vector<crypto::PublicKey> retired;
    for (const std::filesystem::path& file : options_.retired_keys)
      if (auto key = taken("retired-key", read_retired(file))) retired.push_back(*std::move(key));
    if (current && algorithm) {
      const SigningKey signing{.key = *current, .algorithm = *algorithm};
      const bool named = !options_.signing_algorithm.empty();
      if (taken(named ? "signing-algorithm" : "signing-key", ResultSigner::make(ResultKeys{.current = signing})))
        check_others({.current = signing, .retired = std::move(retired)}, next);
    }
    return std::move(problems_);
  }

 private:
  // The value, or nothing and a problem.
  template <typename T>
  std::optional<T> taken(std::string_view option, Result<T> result) {
    if (result) return *std::move(result);
    problems_.push_back({.option = option, .error = std::move(result).error()});
    return std::nullopt;
  }

  // Nothing for a key that cannot be used, that is not configured, or that stays elsewhere.
  std::optional<crypto::PrivateKey> look(std::string_view option, const std::string& specification) {
    if (specification.empty()) return std::nullopt;
    return taken(option, SigningKeyOpener::look(specification)).value_or(std::nullopt);
  }

  // With a current key that signs: one more at a time, so that what is wrong has a name.
  void check_others(ResultKeys keys, const std::optional<crypto::PrivateKey>& next) {
    if (!taken("retired-key", ResultSigner::make(keys)) || !next) return;
    keys.next = as_next(*next, options_);
    (void)taken("next-signing-key", ResultSigner::make(std::move(keys)));
  }

  const KeyOptions& options_;
  std::vector<KeyProblem> problems_;
};

}  // namespace

std::vector<KeyProblem> check_keys(const KeyOptions& options) { return KeyCheck(options).run(); }

Result<ResultSigner> open_result_signer(const KeyOptions& options, Seconds longest_lifetime, Timestamp now, Log& log) {
  SigningKeyOpener opener;
  TRY(SigningKey current, open_current(opener, options));
  ResultKeys keys{.current = std::move(current), .longest_lifetime = longest_lifetime};
  TRY(keys.next_from, next_from(options));
  if (keys.next_from) warn_when_late(*keys.next_from, now, log);
  if (!options.next_signing_key.empty()) {
    TRY(crypto::PrivateKey next, opener.open(options.next_signing_key));
    keys.next = as_next(std::move(next), options);
  }
  for (const std::filesystem::path& file : options.retired_keys) {
    TRY(crypto::PublicKey key, read_retired(file));
    keys.retired.push_back(std::move(key));
  }
  TRY(ResultSigner signer, ResultSigner::make(std::move(keys)));
  return signer;
}

}  // namespace credence::service
