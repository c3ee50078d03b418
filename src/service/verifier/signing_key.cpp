#include "service/verifier/signing_key.h"

#include <algorithm>
#include <array>
#include <format>
#include <map>
#include <utility>

#include "crypto/openssl/held_key.h"
#include "crypto/token_key.h"
#include "provider/provider.h"
#include "rot/tpm2/tpm2.h"
#include "service/verifier/file.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 64 << 10;
constexpr std::size_t kMaxPinFile = 256;
constexpr std::string_view kTpm = "tpm:", kPkcs11 = "pkcs11:", kFile = "file:";
constexpr std::string_view kDefaultTpmKey = "results";

// In a TPM or a token.
bool stays_elsewhere(std::string_view specification) {
  return specification.starts_with(kTpm) || specification.starts_with(kPkcs11);
}

bool is_published(const crypto::PublicKey& key, const std::filesystem::path& file) {
  const auto present = read_file(file, kMaxKeyFile);
  return present && as_text(present->view()) == key.pem();
}

// Results of the former key are verified with its public half, which may stand nowhere else.
Result<void> keep_former_half(const crypto::PublicKey& key, const std::filesystem::path& file) {
  const auto present = read_file(file, kMaxKeyFile);
  if (!present) return {};
  const auto former = crypto::PublicKey::from_pem(as_text(present->view()));
  if (!former || *former == key) return {};
  return write_file(former_public_key_file(file), present->view(), FileMode::everyone_reads);
}

Result<void> publish(const crypto::PublicKey& key, const std::filesystem::path& file) {
  if (is_published(key, file)) return {};
  CHECK(keep_former_half(key, file));
  return write_file(file, as_bytes(key.pem()), FileMode::everyone_reads);
}

// Nothing happens when another verifier has made one in the meantime: its key is then the key.
Result<void> create(const std::filesystem::path& file) {
  TRY(const crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const SecretBytes pem = key.pem();
  CHECK(create_file(file, pem.view(), FileMode::owner_only));
  return {};
}

// Whoever reads this key can call any machine trustworthy.
Result<crypto::PrivateKey> read_signing_key(const std::filesystem::path& file) {
  TRY(const SecretBytes pem, read_private_file(file, kMaxKeyFile));
  auto key = crypto::PrivateKey::from_pem(pem.view());
  if (!key) return fail_in(Errc::configuration, file.string(), "expected a PEM private key: " + key.error().text());
  return key;
}

// One whose public half can be written as well.
Result<crypto::PrivateKey> look_at_present(const std::filesystem::path& file) {
  TRY(crypto::PrivateKey key, read_signing_key(file));
  if (!is_published(key.public_key(), file.string() + ".pub")) CHECK(check_folder_of(file));
  return key;
}

Result<crypto::PrivateKey> look_at_file(const std::filesystem::path& file) {
  TRY(const bool present, file_exists(file));
  if (!present) {
    CHECK(check_folder_of(file));
    return crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
  }
  return look_at_present(file);
}

// What stands before '?', and the attributes after it.
struct Specification {
  std::string path;
  std::map<std::string, std::string, std::less<>> attributes;

  [[nodiscard]] std::string attribute(std::string_view name, std::string_view otherwise) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string(otherwise) : found->second;
  }
};

std::unexpected<Error> unusable(std::string_view specification, std::string_view why) {
  return fail(Errc::usage, std::format("signing key {}: {}", specification, why));
}

Result<Specification> parse(std::string_view text, std::initializer_list<std::string_view> known) {
  const std::size_t query = text.find('?');
  Specification parsed{.path = std::string(text.substr(0, query)), .attributes = {}};
  if (query == std::string_view::npos) return parsed;
  for (std::string_view rest = text.substr(query + 1); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (equals == std::string_view::npos || !std::ranges::contains(known, name))
      return unusable(parsed.path, std::format("unknown attribute \"{}\"", name));
    parsed.attributes.emplace(name, pair.substr(equals + 1));
  }
  return parsed;
}

// A PIN on a command line is seen by every user of the machine, and one in a URI is written to logs.
Result<SecretBytes> read_pin(const Specification& token) {
  const std::string source = token.attribute("pin-source", "");
  if (source.empty()) return SecretBytes();
  if (!source.starts_with(kFile)) return unusable(token.path, "pin-source: expected file:FILE");
  TRY(const SecretBytes content, read_private_file(source.substr(kFile.size()), kMaxPinFile));
  std::string_view pin = as_text(content.view());
  while (pin.ends_with('\n') || pin.ends_with('\r')) pin.remove_suffix(1);
  return SecretBytes(as_bytes(pin));
}

Result<crypto::TokenKey> parse_token(std::string_view specification) {
  if (specification.contains("pin-value"))
    return fail(Errc::usage, "signing key: a PIN in the URI can be seen by others: use pin-source=file:FILE");
  TRY(const Specification token, parse(specification, {"module-path", "pin-source"}));
  TRY(SecretBytes pin, read_pin(token));
  return crypto::TokenKey{.uri = token.path, .module = token.attribute("module-path", ""), .pin = std::move(pin)};
}

Result<crypto::PrivateKey> open_token(std::string_view specification) {
  TRY(const crypto::TokenKey token, parse_token(specification));
  auto key = crypto::open_token_key(token);
  if (!key) return within(token.uri, std::move(key).error());
  return key;
}

}  // namespace

Result<crypto::PrivateKey> load_or_create_signing_key(const std::filesystem::path& file) {
  TRY(const bool present, file_exists(file));
  if (!present) CHECK(create(file));
  TRY(crypto::PrivateKey key, read_signing_key(file));
  CHECK(publish(key.public_key(), file.string() + ".pub"));
  return key;
}

Result<SigningKeyOpener::TpmKey> SigningKeyOpener::parse_tpm(std::string_view specification) {
  TRY(const Specification tpm, parse(specification.substr(kTpm.size()), {"tcti", "key", "curve"}));
  if (tpm.path.empty()) return unusable(specification, "expected tpm:DIR, the state directory");
  const std::string curve = tpm.attribute("curve", "P-256");
  if (curve != "P-256" && curve != "P-384") return unusable(tpm.path, "curve: expected P-256 or P-384");
  return TpmKey{.directory = tpm.path,
                .tcti = tpm.attribute("tcti", "device:/dev/tpmrm0"),
                .name = tpm.attribute("key", kDefaultTpmKey),
                .type = curve == "P-384" ? crypto::KeyType::ec_p384 : crypto::KeyType::ec_p256};
}

std::string SigningKeyOpener::name_of_device(const TpmKey& key) {
  return std::format("{}\n{}\n{}", key.directory, key.tcti, crypto::name(key.type));
}

Result<std::shared_ptr<rot::tpm2::Device>> SigningKeyOpener::device_of(const TpmKey& key) {
  const std::string name = name_of_device(key);
  if (const auto open = devices_.find(name); open != devices_.end()) return open->second;
  TRY(auto device, rot::tpm2::Device::open({.tcti = key.tcti, .state_directory = key.directory, .tls_key = key.type}));
  devices_.emplace(name, device);
  return device;
}

Result<crypto::PrivateKey> SigningKeyOpener::open_tpm(std::string_view specification) {
  TRY(const TpmKey which, parse_tpm(specification));
  TRY(const auto device, device_of(which));
  TRY(auto in_tpm, device->named_tls_key(which.name));
  // One key for two protocols: what it signs in the one could be shown in the other.
  if (in_tpm->public_key() == device->tls_key()->public_key())
    return unusable(which.directory, "expected a key of its own, got the TLS key of this machine");
  TRY(crypto::OwnedKey key, provider::private_key(std::move(in_tpm)));
  TRY(crypto::PrivateKey held, crypto::private_key_that_stays(std::move(key), device));
  CHECK(publish(held.public_key(), std::filesystem::path(which.directory) / (which.name + ".pub")));
  return held;
}

Result<crypto::PrivateKey> SigningKeyOpener::open_elsewhere(std::string_view specification) {
  if (const auto held = held_.find(specification); held != held_.end()) return held->second;
  TRY(crypto::PrivateKey key, specification.starts_with(kTpm) ? open_tpm(specification) : open_token(specification));
  held_.emplace(specification, key);
  return key;
}

Result<crypto::PrivateKey> SigningKeyOpener::open(std::string_view specification) {
  if (stays_elsewhere(specification)) return open_elsewhere(specification);
  return load_or_create_signing_key(specification);
}

// To open a second key of a token, or to fail at it, ends the module for the first one: the provider finalizes it for
// the whole process (p11prov_module_free()). To open a TPM changes the environment, which other threads read, and to
// open a key there makes it when there is none.
Result<crypto::PrivateKey> SigningKeyOpener::find_held(std::string_view specification) const {
  if (const auto held = held_.find(specification); held != held_.end()) return held->second;
  const auto refuse = [](std::string_view name) {
    return unusable(name,
                    "expected a file, or a key of a TPM or a token that the start opened: restart, to open this one");
  };
  if (specification.starts_with(kPkcs11)) {
    TRY(const crypto::TokenKey token, parse_token(specification));
    return refuse(token.uri);
  }
  CHECK(parse_tpm(specification));
  return refuse(specification);
}

Result<crypto::PrivateKey> SigningKeyOpener::reopen(std::string_view specification) {
  if (stays_elsewhere(specification)) return find_held(specification);
  auto key = look_at_present(specification);
  if (key) {
    found_again_.insert_or_assign(std::string(specification), key->public_key());
  } else if (const auto present = file_exists(specification); present && !*present) {
    return fail_in(Errc::configuration, std::string(specification),
                   "expected a PEM private key, got no file: only a start makes one");
  }
  return key;
}

Result<void> SigningKeyOpener::publish_reopened(std::string_view specification) const {
  const auto found = found_again_.find(specification);
  if (found == found_again_.end()) return {};
  return publish(found->second, std::string(specification) + ".pub");
}

Result<std::optional<crypto::PrivateKey>> SigningKeyOpener::look(std::string_view specification) {
  if (specification.starts_with(kTpm)) {
    CHECK(parse_tpm(specification));
    return std::nullopt;
  }
  if (specification.starts_with(kPkcs11)) {
    CHECK(parse_token(specification));
    return std::nullopt;
  }
  return look_at_file(specification);
}

std::optional<std::filesystem::path> public_key_file(std::string_view specification) {
  if (specification.starts_with(kPkcs11)) return std::nullopt;
  if (!specification.starts_with(kTpm)) return std::string(specification) + ".pub";
  const auto tpm = SigningKeyOpener::parse_tpm(specification);
  if (!tpm) return std::nullopt;
  return std::filesystem::path(tpm->directory) / (tpm->name + ".pub");
}

std::filesystem::path former_public_key_file(const std::filesystem::path& public_file) {
  return public_file.string() + ".old";
}

}  // namespace credence::service
