// Bearer tokens (RFC 6750) that are known by their digests.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"
#include "service/access/method.h"

namespace credence::service::access {

// What follows "Bearer " in the request's Authorization header; nothing when there is none of that scheme.
[[nodiscard]] Result<std::optional<std::string_view>> bearer_credential(const http::Request& request);

class BearerTokens final : public Method {
 public:
  struct Entry {
    crypto::Digest digest;  // SHA-256 of the token
    Principal principal;
  };
  explicit BearerTokens(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  // One token, and the role of a provisioner: the content of the file without the white space around it. The file must
  // be for its owner only.
  [[nodiscard]] static Result<BearerTokens> from_token_file(const std::filesystem::path& file);

  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override;
  [[nodiscard]] std::string challenge() const override;

 private:
  // Digests, so that the comparison takes the same time whatever was presented, and however long; and so that whoever
  // reads them cannot use them.
  std::vector<Entry> entries_;
};

}  // namespace credence::service::access
