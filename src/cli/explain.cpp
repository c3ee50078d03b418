// credence explain RESULT: why a result says what it says.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/explain/report.h"
#include "cli/files.h"
#include "cli/option_value.h"
#include "cli/verb.h"

namespace credence::cli {
namespace {

constexpr std::size_t kMostResultBytes = 2 << 20;

struct Options {
  std::string result;
  std::vector<std::string> verifier_keys;
};

Result<Bytes> read_standard_input() {
  Bytes content(kMostResultBytes + 1);
  content.resize(std::fread(content.data(), 1, content.size(), stdin));
  if (content.size() > kMostResultBytes) return fail(Errc::too_large, "expected a result, got more than 2 MiB");
  return content;
}

std::string_view trimmed(std::string_view text) {
  const auto* const space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// A session of the verifier's API with its result inside, or the claims of an EAR alone.
struct Found {
  std::string token;  // empty: there are only claims
  json::Value claims;
};
Result<Found> from_json(std::string_view text) {
  TRY(json::Value value, json::parse(text));
  TRY(const json::Object* object, json::as_object(value, ""));
  if (object->contains("eat_profile")) return Found{.token = {}, .claims = std::move(value)};
  TRY(const std::string_view token, json::required_text(*object, "result"));
  return Found{.token = std::string(token), .claims = {}};
}

// The octets of a CWT are shown as a session would carry them.
Result<Found> find_result(ByteView content) {
  const std::string_view text = trimmed(as_text(content));
  if (text.starts_with('{')) return from_json(text);
  if (!content.empty() && (content[0] == 0xd8 || content[0] == 0xd2))  // CBOR tag 61 or 18
    return Found{.token = to_base64url(content), .claims = {}};
  return Found{.token = std::string(text), .claims = {}};
}

Result<std::vector<crypto::PublicKey>> read_keys(const std::vector<std::string>& files) {
  std::vector<crypto::PublicKey> keys;
  for (const std::string& file : files) {
    TRY(crypto::PublicKey key, option_value("--verifier-key", read_public_key(file)));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<Explained> read_result(const Options& options, ByteView content) {
  TRY(const Found found, find_result(content));
  TRY(const auto keys, read_keys(options.verifier_keys));
  const Timestamp now = system_clock()->now();
  if (found.token.empty()) {
    if (!keys.empty())
      return fail(Errc::untrusted_verifier, "expected a signed result for --verifier-key, got bare claims");
    TRY(rats::Ear ear, rats::ear_from_json(found.claims));
    return Explained{.ear = std::move(ear), .signature = SignatureState::none, .now = now};
  }
  if (keys.empty()) {
    TRY(rats::Ear ear, rats::decode_ear(found.token));
    return Explained{.ear = std::move(ear), .signature = SignatureState::not_checked, .now = now};
  }
  TRY(rats::Ear ear, rats::verify_ear(found.token, keys));
  return Explained{.ear = std::move(ear), .signature = SignatureState::good, .now = now};
}

Result<ExitStatus> explain(const Options& options, const Output& output) {
  TRY(const Bytes content, options.result == "-" ? read_standard_input() : read_file(options.result, kMostResultBytes));
  auto explained = read_result(options, content);
  if (!explained) return within(options.result, std::move(explained).error());
  if (output.as_json()) {
    output.facts(explanation(*explained));
  } else {
    std::string text = explanation_text(*explained);
    text.pop_back();
    output.line(text);
  }
  return explained->ear.is_affirming() && !explained->has_expired() ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_explain(CommandLine& line) {
  auto* command = line.app.add_subcommand("explain", "Say why an attestation result says what it says");
  auto options = std::make_shared<Options>();
  command
      ->add_option("RESULT", options->result,
                   "A JWT, a CWT, a session with its result, or the output of appraise; - reads standard input")
      ->required();
  command->add_option("--verifier-key", options->verifier_keys, "Public key of the verifier, PEM; repeatable");
  on_call(line, command, options, explain);
}

}  // namespace credence::cli
