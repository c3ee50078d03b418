// The configuration of the verifier as its operator writes it: the options of the command line, or a TOML file whose
// keys have the same names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "service/verifier/coserv_api.h"
#include "service/verifier/default_store.h"
#include "service/verifier/result_request.h"
#include "service/verifier/store_specification.h"

namespace credence::service {

struct VerifierConfig {
  std::string listen;
  std::string store{kDefaultStore};
  std::string signing_key;
  std::string signing_algorithm;
  std::string next_signing_key;
  std::string next_signing_key_from;
  std::vector<std::string> retired_keys;
  std::string certificate;
  std::string key;
  bool insecure_http = false;
  bool insecure_store_connection = false;
  bool insecure_local_callers = false;
  std::vector<std::string> trusted_proxies;
  std::string issuer;
  unsigned result_lifetime = kDefaultResultLifetime.count();  // seconds
  unsigned max_staleness = kDefaultMaxStaleness.count();      // seconds
  unsigned coserv_lifetime = kDefaultCoservLifetime.count();  // seconds
  std::string token;                                          // the file that holds it
  std::string access;                                         // the file
  std::string client_ca;
  std::string audit_log;
  std::string session_key;  // the file that holds the keys
  bool insecure_no_seccomp = false;
  bool insecure_clock_set_back = false;
  std::vector<std::string> corim_anchors;
  bool insecure_unsigned_corims = false;
  std::vector<unsigned> minimum_pcrs{0, 1, 2};
  bool veraison_compatibility = false;
  bool insecure_veraison_endorsements = false;
  bool allow_insecure_test_root = false;
  std::string nonce_dialect = "url";
  unsigned threads = 1;
  unsigned max_connections = 256;
  std::string metrics_listen;
  unsigned drain_delay = 0;  // seconds between /readyz saying no and the end of new connections
  unsigned drain_time = 5;   // seconds that requests under way have then
  std::string log_level = "info";
  std::string log_format;               // empty: as --json says
  bool verbose = false;                 // log_level = "debug"
  std::vector<std::string> peer_names;  // NAME=INSTANCE,...
  std::string opa;                      // URL
  std::string opa_ca;
  std::string opa_token;  // the file that holds it

  std::string file_sha256;  // of the file that was read, in hexadecimal; empty: none was
};

struct TextPosition {
  std::uint32_t line = 0;  // from 1; 0: nowhere
  std::uint32_t column = 0;
  friend auto operator<=>(const TextPosition&, const TextPosition&) = default;
};

// A value that cannot be taken, or cannot be what it is.
struct ConfigProblem {
  std::string key;  // empty: the text as a whole
  TextPosition where{};
  std::string why;
};

// What a text says beside its values.
struct ConfigText {
  std::map<std::string, TextPosition, std::less<>> values;  // where the value of each known key stands
  std::vector<ConfigProblem> problems;                      // in the order of the text
  bool is_toml = true;  // false: there is one problem, and nothing is known of what was meant
};

// Whether a key was given elsewhere already: the file's value is then checked, and not taken.
using IsGiven = std::function<bool(std::string_view key)>;

// Reads TOML into `config`, all of it or nothing. Errc::configuration with line and column for what is no TOML, for an
// unknown key and for a value of the wrong type or range.
[[nodiscard]] Result<void> parse_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config);

// The same, but takes what can be taken, and says all that is wrong.
[[nodiscard]] ConfigText inspect_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config);

// The same from a file, which only its owner may be able to write: whoever writes it decides what is trusted.
[[nodiscard]] Result<void> read_config(const std::filesystem::path& file, const IsGiven& is_given,
                                       VerifierConfig& config);
// The text of such a file.
[[nodiscard]] Result<SecretBytes> read_config_text(const std::filesystem::path& file);

// As TOML that reads back as the same, a key a line. The password of a database is left out: files hold the other
// secrets, and their names are none.
[[nodiscard]] std::string to_toml(const VerifierConfig& config);

}  // namespace credence::service
