// HTTP requests over libcurl, with the defaults that a security program needs: TLS 1.2 or newer, only the certificate
// authorities that are named, no redirects, no proxy from the environment, every answer and every wait bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::client {

struct HttpOptions {
  // PEM. When given, these authorities and no others are trusted; otherwise the system's are.
  std::optional<std::filesystem::path> ca_file{};
  // The server's key, as curl spells it ("sha256//" and the base64 of the digest of its SPKI), on top of the chain.
  std::optional<std::string> pinned_public_key{};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{15'000};  // of the whole request
  std::size_t max_response = 1 << 20;         // octets of the body
  std::optional<std::string> proxy{};         // absent: none, whatever the environment says
  // Plain HTTP shows what is sent, and a token with it, to the network. Loopback needs no permission.
  bool allow_insecure_http = false;
};

enum class HttpMethod : std::uint8_t { get, post, put, remove };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers{};
  Bytes body{};  // of POST and PUT
};

struct HttpResponse {
  long status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  Bytes body;

  // The first header of that name (lower case), or an empty text.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return as_text(body); }
};

// Blocks until the answer is there or the time is up. Any answer with a status line is a success here, 5xx included.
// Errc::unavailable (no connection), timeout, untrusted_chain (certificate or pin), too_large, usage (the URL),
// configuration (no libcurl on this machine).
[[nodiscard]] Result<HttpResponse> request(const HttpRequest& what, const HttpOptions& options);

}  // namespace credence::client
