#include "service/verifier/key_options.h"

#include <chrono>
#include <format>
#include <functional>
#include <locale>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "crypto/algorithm.h"
#include "service/verifier/file.h"
#include "service/verifier/jwks_api.h"

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

bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code absent;
  return one.lexically_normal() == other.lexically_normal() || std::filesystem::equivalent(one, other, absent);
}

// That file names the new key as soon as there is one: the configuration would be right once.
Result<void> refuse_file_of_signing_key(const std::filesystem::path& file, const KeyOptions& options) {
  const auto current = public_key_file(options.signing_key);
  if (!current || !is_same_file(file, *current)) return {};
  return fail_in(Errc::configuration, file.string(),
                 std::format("retired-key: expected the public half of a former key, got the file of the signing key's "
                             "own: once that is another key, the former one's is {}",
                             former_public_key_file(*current).string()));
}

Result<crypto::PublicKey> read_retired(const std::filesystem::path& file, const KeyOptions& options) {
  CHECK(refuse_file_of_signing_key(file, options));
  TRY(const SecretBytes pem, read_file(file, kMaxKeyFile));
  auto key = crypto::PublicKey::from_pem(as_text(pem.view()));
  if (!key) return fail_in(Errc::configuration, file.string(), "retired-key: " + key.error().text());
  return key;
}

using OpenKey = std::function<Result<crypto::PrivateKey>(const std::string&)>;

Result<ResultKeys> result_keys(const KeyOptions& options, const OpenKey& open) {
  TRY(crypto::PrivateKey current, open(options.signing_key));
  TRY(const auto algorithm, parse_algorithm(options.signing_algorithm));
  ResultKeys keys{.current = {.key = std::move(current), .algorithm = algorithm}};
  TRY(keys.next_from, next_from(options));
  if (!options.next_signing_key.empty()) {
    TRY(crypto::PrivateKey next, open(options.next_signing_key));
    keys.next = as_next(std::move(next), options);
  }
  for (const std::filesystem::path& file : options.retired_keys) {
    TRY(crypto::PublicKey key, read_retired(file, options));
    keys.retired.push_back(std::move(key));
  }
  return keys;
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
      if (auto key = taken("retired-key", read_retired(file, options_))) retired.push_back(*std::move(key));
    if (current && algorithm) {
      const SigningKey signing{.key = *current, .algorithm = *algorithm};
      const bool named = !options_.signing_algorithm.empty();
      if (taken(named ? "signing-algorithm" : "signing-key", try_keys({.current = signing})))
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

  // Whether they fit together is the same at any time.
  static Result<ResultSigner> try_keys(ResultKeys keys) { return ResultSigner::make(std::move(keys), Timestamp()); }

  // With a current key that signs: one more at a time, so that what is wrong has a name.
  void check_others(ResultKeys keys, const std::optional<crypto::PrivateKey>& next) {
    if (!taken("retired-key", try_keys(keys)) || !next) return;
    keys.next = as_next(*next, options_);
    (void)taken("next-signing-key", try_keys(std::move(keys)));
  }

  const KeyOptions& options_;
  std::vector<KeyProblem> problems_;
};

}  // namespace

std::vector<KeyProblem> check_keys(const KeyOptions& options) { return KeyCheck(options).run(); }

Result<ResultSigner> open_result_signer(SigningKeyOpener& opener, const KeyOptions& options, Seconds longest_lifetime,
                                        Timestamp now, Log& log) {
  TRY(ResultKeys keys, result_keys(options, [&opener](const std::string& key) { return opener.open(key); }));
  if (keys.next_from) warn_when_late(*keys.next_from, now, log);
  keys.longest_lifetime = longest_lifetime;
  return ResultSigner::make(std::move(keys), now);
}

Result<ResultSigner> reopen_result_signer(SigningKeyOpener& opener, const KeyOptions& options,
                                          const ResultSigner& before, Seconds longest_lifetime, Timestamp now) {
  TRY(ResultKeys keys, result_keys(options, [&opener](const std::string& key) { return opener.reopen(key); }));
  keys.longest_lifetime = longest_lifetime;
  return ResultSigner::make_after(before, std::move(keys), now);
}

Result<void> publish_keys(const SigningKeyOpener& opener, const KeyOptions& options) {
  CHECK(opener.publish_reopened(options.signing_key));
  return opener.publish_reopened(options.next_signing_key);
}

}  // namespace credence::service
