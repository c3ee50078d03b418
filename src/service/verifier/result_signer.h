// The key that results are signed with, in a file of its owner's.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"
#include "crypto/key.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::service {

// Reads the PEM file, or makes a P-256 key and writes it there with mode 0600 when the file is absent. The public half
// is kept beside it as FILE.pub: what relying parties pin. A key that others than its owner can read is refused. Of
// several verifiers that find no key at once, one makes it and all use it.
[[nodiscard]] Result<crypto::PrivateKey> load_or_create_signing_key(const std::filesystem::path& file);

class ResultSigner {
 public:
  [[nodiscard]] static Result<ResultSigner> make(crypto::PrivateKey key);

  // The token names the key by its thumbprint (RFC 7638): relying parties that pin several find the right one.
  [[nodiscard]] Result<std::string> sign(const rats::Ear& result,
                                         rats::EarSpelling spelling = rats::EarSpelling::veraison) const {
    return rats::sign_ear(result, key_, spelling, kid_);
  }
  // With kid and alg, for discovery.
  [[nodiscard]] Result<json::Object> jwk() const;

 private:
  ResultSigner(crypto::PrivateKey key, std::string kid) : key_(std::move(key)), kid_(std::move(kid)) {}

  crypto::PrivateKey key_;
  std::string kid_;
};

}  // namespace credence::service
