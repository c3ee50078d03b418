// toml++ answers with a value instead of an exception, and writes no TOML: before anything includes it.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "service/verifier/config.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <format>
#include <limits>
#include <numeric>
#include <optional>
#include <system_error>
#include <toml++/toml.hpp>
#include <utility>
#include <variant>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/verifier/file.h"
#include "service/verifier/store_specification.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxConfigFile = 64 << 10;

using Field = std::variant<std::string VerifierConfig::*, bool VerifierConfig::*, unsigned VerifierConfig::*,
                           std::vector<std::string> VerifierConfig::*, std::vector<unsigned> VerifierConfig::*>;

struct Key {
  std::string_view name;
  Field field;
  unsigned most = std::numeric_limits<unsigned>::max();  // of a number
};

// Each option of the command line under its own name.
constexpr std::array kKeys{
    Key{"listen", &VerifierConfig::listen},
    Key{"store", &VerifierConfig::store},
    Key{"signing-key", &VerifierConfig::signing_key},
    Key{"signing-algorithm", &VerifierConfig::signing_algorithm},
    Key{"next-signing-key", &VerifierConfig::next_signing_key},
    Key{"next-signing-key-from", &VerifierConfig::next_signing_key_from},
    Key{"retired-key", &VerifierConfig::retired_keys},
    Key{"cert", &VerifierConfig::certificate},
    Key{"key", &VerifierConfig::key},
    Key{"insecure-http", &VerifierConfig::insecure_http},
    Key{"insecure-store-connection", &VerifierConfig::insecure_store_connection},
    Key{"insecure-local-callers", &VerifierConfig::insecure_local_callers},
    Key{"trusted-proxy", &VerifierConfig::trusted_proxies},
    Key{"issuer", &VerifierConfig::issuer},
    Key{"result-lifetime", &VerifierConfig::result_lifetime, kMaxResultLifetime.count()},
    Key{"max-staleness", &VerifierConfig::max_staleness, kLongestMaxStaleness.count()},
    Key{"coserv-lifetime", &VerifierConfig::coserv_lifetime, kMaxCoservLifetime.count()},
    Key{"provisioning-token", &VerifierConfig::token},
    Key{"access", &VerifierConfig::access},
    Key{"client-ca", &VerifierConfig::client_ca},
    Key{"audit-log", &VerifierConfig::audit_log},
    Key{"session-key", &VerifierConfig::session_key},
    Key{"insecure-no-seccomp", &VerifierConfig::insecure_no_seccomp},
    Key{"insecure-clock-set-back", &VerifierConfig::insecure_clock_set_back},
    Key{"corim-anchor", &VerifierConfig::corim_anchors},
    Key{"insecure-unsigned-corims", &VerifierConfig::insecure_unsigned_corims},
    Key{"minimum-pcrs", &VerifierConfig::minimum_pcrs, 23},
    Key{"veraison-compatibility", &VerifierConfig::veraison_compatibility},
    Key{"insecure-veraison-endorsements", &VerifierConfig::insecure_veraison_endorsements},
    Key{"allow-insecure-test-root", &VerifierConfig::allow_insecure_test_root},
    Key{"nonce-dialect", &VerifierConfig::nonce_dialect},
    Key{"threads", &VerifierConfig::threads, 1024},
    Key{"max-connections", &VerifierConfig::max_connections, 100'000},
    Key{"metrics-listen", &VerifierConfig::metrics_listen},
    Key{"drain-delay", &VerifierConfig::drain_delay, 3'600},
    Key{"drain-time", &VerifierConfig::drain_time, 3'600},
    Key{"log-level", &VerifierConfig::log_level},
    Key{"log-format", &VerifierConfig::log_format},
    Key{"peer-name", &VerifierConfig::peer_names},
    Key{"opa", &VerifierConfig::opa},
    Key{"opa-ca", &VerifierConfig::opa_ca},
    Key{"opa-token", &VerifierConfig::opa_token},
    Key{"verbose", &VerifierConfig::verbose},
};

TextPosition position(const toml::source_position& where) { return {.line = where.line, .column = where.column}; }

std::unexpected<ConfigProblem> refuse(const toml::source_position& where, const Key& key, std::string_view why) {
  return std::unexpected(ConfigProblem{
      .key = std::string(key.name), .where = position(where), .why = std::format("{}: {}", key.name, why)});
}

using Taken = std::expected<void, ConfigProblem>;

// How many letters must be put in, taken out or changed (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string_view nearest_key(std::string_view name) {
  return std::ranges::min_element(kKeys, {}, [name](const Key& key) { return distance(name, key.name); })->name;
}

Taken take(const toml::node& node, const Key& key, std::string& value) {
  const auto text = node.value_exact<std::string>();
  if (!text) return refuse(node.source().begin, key, "expected a string");
  value = *text;
  return {};
}

Taken take(const toml::node& node, const Key& key, bool& value) {
  const auto truth = node.value_exact<bool>();
  if (!truth) return refuse(node.source().begin, key, "expected true or false");
  value = *truth;
  return {};
}

Taken take(const toml::node& node, const Key& key, unsigned& value) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 0 || std::cmp_greater(*number, key.most))
    return refuse(node.source().begin, key, std::format("expected a whole number from 0 to {}", key.most));
  value = static_cast<unsigned>(*number);
  return {};
}

template <typename Item>
Taken take(const toml::node& node, const Key& key, std::vector<Item>& values) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return refuse(node.source().begin, key, "expected an array");
  std::vector<Item> taken(array->size());
  for (std::size_t i = 0; i < taken.size(); ++i)
    if (auto item = take((*array)[i], key, taken[i]); !item) return item;
  values = std::move(taken);
  return {};
}

// A key that is passed over could be the one that closes something.
ConfigProblem unknown_key(std::string_view name, const toml::source_position& where) {
  return {.key = std::string(name),
          .where = position(where),
          .why = std::format("unknown key \"{}\"; the nearest known one is {}", name, nearest_key(name))};
}

Error as_error(const ConfigProblem& problem) {
  return {.code = Errc::configuration,
          .why = std::format("line {}, column {}: {}", problem.where.line, problem.where.column, problem.why)};
}

std::string toml_string(std::string_view text) { return json::to_text(json::Value(text)); }

std::string as_toml(const std::string& value) { return toml_string(value); }
std::string as_toml(bool value) { return value ? "true" : "false"; }
std::string as_toml(unsigned value) { return std::to_string(value); }

template <typename Item>
std::string as_toml(const std::vector<Item>& values) {
  std::string list;
  for (const Item& value : values) list += (list.empty() ? "" : ", ") + as_toml(value);
  return "[" + list + "]";
}

}  // namespace

ConfigText inspect_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config) {
  ConfigText found;
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    found.is_toml = false;
    found.problems.push_back({.key = {},
                              .where = position(parsed.error().source().begin),
                              .why = std::string(parsed.error().description())});
    return found;
  }
  for (const auto& [name, node] : parsed.table()) {
    const auto* const key = std::ranges::find(kKeys, name.str(), &Key::name);
    if (key == kKeys.end()) {
      found.problems.push_back(unknown_key(name.str(), name.source().begin));
      continue;
    }
    found.values.emplace(name.str(), position(node.source().begin));
    VerifierConfig discarded;
    VerifierConfig& to = is_given(name.str()) ? discarded : config;
    const Taken taken = std::visit([&](auto member) { return take(node, *key, to.*member); }, key->field);
    if (!taken) found.problems.push_back(taken.error());
  }
  std::ranges::stable_sort(found.problems, {}, &ConfigProblem::where);
  return found;
}

Result<void> parse_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config) {
  VerifierConfig read = config;
  const ConfigText found = inspect_config(text, is_given, read);
  if (!found.problems.empty()) return std::unexpected(as_error(found.problems.front()));
  config = std::move(read);
  return {};
}

Result<SecretBytes> read_config_text(const std::filesystem::path& file) {
  using std::filesystem::perms;
  TRY(SecretBytes text, read_file(file, kMaxConfigFile));
  std::error_code error;
  const perms mode = std::filesystem::status(file, error).permissions();
  if (error || (mode & (perms::group_write | perms::others_write)) != perms::none)
    return fail_in(Errc::configuration, file.string(), "expected a file that only its owner may write: chmod go-w");
  return text;
}

Result<void> read_config(const std::filesystem::path& file, const IsGiven& is_given, VerifierConfig& config) {
  TRY(const SecretBytes text, read_config_text(file));
  if (auto parsed = parse_config(as_text(text.view()), is_given, config); !parsed)
    return within(file.string(), std::move(parsed).error());
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, text.view()));
  config.file_sha256 = to_hex(digest.view());
  return {};
}

std::string to_toml(const VerifierConfig& config) {
  VerifierConfig shown = config;
  shown.store = without_password(config.store);
  std::string text;
  for (const Key& key : kKeys)
    text +=
        std::visit([&](auto member) { return std::format("{} = {}\n", key.name, as_toml(shown.*member)); }, key.field);
  return text;
}

}  // namespace credence::service
