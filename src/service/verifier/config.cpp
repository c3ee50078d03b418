// toml++ answers with a value instead of an exception, and writes no TOML: before anything includes it.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "service/verifier/config.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <format>
#include <limits>
#include <numeric>
#include <optional>
#include <system_error>
#include <toml++/toml.hpp>
#include <utility>
#include <variant>

#include "service/verifier/file.h"

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
    Key{"issuer", &VerifierConfig::issuer},
    Key{"result-lifetime", &VerifierConfig::result_lifetime, kMaxResultLifetime.count()},
    Key{"provisioning-token", &VerifierConfig::token},
    Key{"audit-log", &VerifierConfig::audit_log},
    Key{"session-key", &VerifierConfig::session_key},
    Key{"corim-anchor", &VerifierConfig::corim_anchors},
    Key{"minimum-pcrs", &VerifierConfig::minimum_pcrs, 23},
    Key{"veraison-compatibility", &VerifierConfig::veraison_compatibility},
    Key{"allow-insecure-test-root", &VerifierConfig::allow_insecure_test_root},
    Key{"nonce-dialect", &VerifierConfig::nonce_dialect},
    Key{"threads", &VerifierConfig::threads, 1024},
    Key{"verbose", &VerifierConfig::verbose},
};

std::unexpected<Error> refuse(const toml::source_position& where, std::string_view why) {
  return fail(Errc::configuration, std::format("line {}, column {}: {}", where.line, where.column, why));
}

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

Result<void> take(const toml::node& node, const Key& key, std::string& value) {
  const auto text = node.value_exact<std::string>();
  if (!text) return refuse(node.source().begin, std::format("{}: expected a string", key.name));
  value = *text;
  return {};
}

Result<void> take(const toml::node& node, const Key& key, bool& value) {
  const auto truth = node.value_exact<bool>();
  if (!truth) return refuse(node.source().begin, std::format("{}: expected true or false", key.name));
  value = *truth;
  return {};
}

Result<void> take(const toml::node& node, const Key& key, unsigned& value) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 0 || std::cmp_greater(*number, key.most))
    return refuse(node.source().begin, std::format("{}: expected a whole number from 0 to {}", key.name, key.most));
  value = static_cast<unsigned>(*number);
  return {};
}

template <typename Item>
Result<void> take(const toml::node& node, const Key& key, std::vector<Item>& values) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return refuse(node.source().begin, std::format("{}: expected an array", key.name));
  std::vector<Item> taken(array->size());
  for (std::size_t i = 0; i < taken.size(); ++i) CHECK(take((*array)[i], key, taken[i]));
  values = std::move(taken);
  return {};
}

Result<void> take_key(std::string_view name, const toml::source_position& where, const toml::node& node,
                      VerifierConfig& config) {
  const auto* const key = std::ranges::find(kKeys, name, &Key::name);
  // A key that is passed over could be the one that closes something.
  if (key == kKeys.end())
    return refuse(where, std::format("unknown key \"{}\"; the nearest known one is {}", name, nearest_key(name)));
  return std::visit([&](auto member) { return take(node, *key, config.*member); }, key->field);
}

}  // namespace

Result<void> parse_config(std::string_view text, const IsGiven& is_given, VerifierConfig& config) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return refuse(parsed.error().source().begin, parsed.error().description());
  VerifierConfig read = config;
  for (const auto& [name, node] : parsed.table()) {
    VerifierConfig discarded;
    VerifierConfig& to = is_given(name.str()) ? discarded : read;
    CHECK(take_key(name.str(), name.source().begin, node, to));
  }
  config = std::move(read);
  return {};
}

Result<void> read_config(const std::filesystem::path& file, const IsGiven& is_given, VerifierConfig& config) {
  using std::filesystem::perms;
  TRY(const SecretBytes text, read_file(file, kMaxConfigFile));
  std::error_code error;
  const perms mode = std::filesystem::status(file, error).permissions();
  if (error || (mode & (perms::group_write | perms::others_write)) != perms::none)
    return fail_in(Errc::configuration, file.string(), "expected a file that only its owner may write: chmod go-w");
  if (auto parsed = parse_config(as_text(text.view()), is_given, config); !parsed)
    return within(file.string(), std::move(parsed).error());
  return {};
}

}  // namespace credence::service
