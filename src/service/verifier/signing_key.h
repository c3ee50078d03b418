// Where the key of results is: in a file, in a TPM, or in a PKCS#11 token (docs/decisions/keys.md).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/key.h"

namespace credence::rot::tpm2 {
class Device;
}

namespace credence::service {

// Reads the PEM file, or makes a P-256 key and writes it there with mode 0600 when the file is absent. The public half
// is kept beside it as FILE.pub: what relying parties pin; the one that stood there before as FILE.pub.old, so that it
// can be named as a retired key. A key that others than its owner can read is refused. Of
// several verifiers that find no key at once, one makes it and all use it.
[[nodiscard]] Result<crypto::PrivateKey> load_or_create_signing_key(const std::filesystem::path& file);

// Opens the keys of one verifier; those in one TPM share its device.
class SigningKeyOpener {
 public:
  // FILE as above, or where the key stays and signs:
  //   tpm:DIR[?tcti=TCTI][&key=NAME][&curve=P-384]  state directory; tcti is device:/dev/tpmrm0 unless it is named, the
  //                                  key "results" on P-256, made when there is none. The public half is DIR/NAME.pub.
  //   pkcs11:URI[?module-path=FILE][&pin-source=file:FILE]  RFC 7512, of exactly one private key. The PIN is in a file
  //                                  of its owner's; it may not stand in the URI, which every user of the machine can
  //                                  see.
  // A key that stays elsewhere is opened once: a token's module would end with the first of its keys that goes.
  [[nodiscard]] Result<crypto::PrivateKey> open(std::string_view specification);
  // The same while the verifier runs. A file is read again; neither it nor FILE.pub is written. Errc::configuration
  // when it is absent: a node whose file was lost must not go on with a key of its own. Errc::usage for a key of a TPM
  // or a token that was not opened before.
  [[nodiscard]] Result<crypto::PrivateKey> reopen(std::string_view specification);
  // Writes FILE.pub for the key that reopen() found last in FILE. Of those that stay elsewhere open() has done it.
  [[nodiscard]] Result<void> publish_reopened(std::string_view specification) const;
  // What open() would give, changing nothing: for a file that is absent a new key, in memory alone. Nothing for a key
  // that stays elsewhere, of which only the specification is looked at: opening it takes a session of the TPM, or tries
  // a PIN at the token.
  [[nodiscard]] static Result<std::optional<crypto::PrivateKey>> look(std::string_view specification);

 private:
  struct TpmKey {
    std::string directory;
    std::string tcti;
    std::string name;
    crypto::KeyType type{};
  };
  [[nodiscard]] static Result<TpmKey> parse_tpm(std::string_view specification);
  [[nodiscard]] static std::string name_of_device(const TpmKey& key);
  [[nodiscard]] Result<crypto::PrivateKey> find_held(std::string_view specification) const;
  [[nodiscard]] Result<std::shared_ptr<rot::tpm2::Device>> device_of(const TpmKey& key);
  [[nodiscard]] Result<crypto::PrivateKey> open_tpm(std::string_view specification);
  [[nodiscard]] Result<crypto::PrivateKey> open_elsewhere(std::string_view specification);

  std::map<std::string, std::shared_ptr<rot::tpm2::Device>> devices_;
  std::map<std::string, crypto::PrivateKey, std::less<>> held_;        // by specification
  std::map<std::string, crypto::PublicKey, std::less<>> found_again_;  // by file
  friend std::optional<std::filesystem::path> public_key_file(std::string_view specification);
};

// Where the public half is written; nothing for a token, which has no folder here.
[[nodiscard]] std::optional<std::filesystem::path> public_key_file(std::string_view specification);
// Where the one that stood in that file before is kept.
[[nodiscard]] std::filesystem::path former_public_key_file(const std::filesystem::path& public_file);

}  // namespace credence::service
