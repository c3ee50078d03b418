// The configuration of the verifier as its operator writes it: the options of the command line, or a TOML file whose
// keys have the same names.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/verifier/result_request.h"

namespace credence::service {

struct VerifierConfig {
  std::string listen;
  std::string store;
  std::string signing_key;
  std::string signing_algorithm;
  std::string next_signing_key;
  std::string next_signing_key_from;
  std::vector<std::string> retired_keys;
  std::string certificate;
  std::string key;
  bool insecure_http = false;
  std::string issuer;
  unsigned result_lifetime = kDefaultResultLifetime.count();  // seconds
  std::string token;                                          // the file that holds it
  std::string audit_log;
  std::string session_key;  // the file that holds the keys
  std::vector<std::string> corim_anchors;
  std::vector<unsigned> minimum_pcrs{0, 1, 2};
  bool veraison_compatibility = false;
  bool allow_insecure_test_root = false;
  std::string nonce_dialect = "url";
  unsigned threads = 1;
  bool verbose = false;
};

// Whether a key was given elsewhere already: the file's value is then checked, and not taken.
using IsGiven = std::function<bool(std::string_view key)>;

// Reads TOML into `config`, all of it or nothing. Errc::configuration with line and column for what is no TOML, for an
// unknown key and for a value of the wrong type or range.
[[nodiscard]] Result<void> parse_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config);

// The same from a file, which only its owner may be able to write: whoever writes it decides what is trusted.
[[nodiscard]] Result<void> read_config(const std::filesystem::path& file, const IsGiven& is_given,
                                       VerifierConfig& config);

}  // namespace credence::service
