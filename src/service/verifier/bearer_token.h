// A bearer token (RFC 6750) that a caller must present.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "crypto/hash.h"
#include "service/http/message.h"

namespace credence::service {

class BearerToken {
 public:
  // The content of the file without the white space around it.
  [[nodiscard]] static Result<BearerToken> from_file(const std::filesystem::path& file);

  // Errc::unauthorized unless the request carries exactly this token.
  [[nodiscard]] Result<void> check(const http::Request& request) const;

 private:
  explicit BearerToken(crypto::Digest digest) : digest_(digest) {}
  crypto::Digest digest_;  // so that the comparison takes the same time whatever was presented, and however long
};

}  // namespace credence::service
