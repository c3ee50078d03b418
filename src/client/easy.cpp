#include "client/easy.h"

#include <algorithm>
#include <format>
#include <new>
#include <string>
#include <utility>

#include "client/url.h"

namespace credence::client {
namespace {

constexpr std::size_t kMaxHeaders = 100;

Errc code_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Errc::timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR:
      return Errc::untrusted_chain;
    case CURLE_SSL_CACERT_BADFILE:
      return Errc::configuration;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Errc::usage;
    case CURLE_FILESIZE_EXCEEDED:
      return Errc::too_large;
    case CURLE_OUT_OF_MEMORY:
      return Errc::internal;
    default:
      return Errc::unavailable;
  }
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace

Result<std::unique_ptr<Easy>> Easy::make(const HttpRequest& request, const HttpOptions& options) {
  CHECK(check_url(request.url, options.allow_insecure_http));
  TRY(const Libcurl* const curl, libcurl());
  auto easy = std::unique_ptr<Easy>(new Easy(*curl));
  easy->handle_ = curl->easy_init();
  if (easy->handle_ == nullptr) return fail(Errc::internal, "libcurl gives no handle");
  easy->request_ = request;
  CHECK(easy->set_up(options));
  CHECK(easy->set_up_tls(options));
  CHECK(easy->set_up_request());
  return easy;
}

Easy::~Easy() {
  curl_.easy_cleanup(handle_);
  curl_.slist_free_all(headers_);
}

template <typename Value>
Result<void> Easy::set(CURLoption option, Value value) {
  if (curl_.easy_setopt(handle_, option, value) == CURLE_OK) return {};
  return fail(Errc::internal, std::format("libcurl does not take option {}", static_cast<int>(option)));
}

Result<void> Easy::set_up(const HttpOptions& options) {
  max_response_ = options.max_response;
  CHECK(set(CURLOPT_URL, request_.url.c_str()));
  CHECK(set(CURLOPT_PROTOCOLS_STR, "http,https"));
  CHECK(set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)));
  CHECK(set(CURLOPT_FOLLOWLOCATION, 0L));                         // a verifier that moves is configured, not followed
  CHECK(set(CURLOPT_PROXY, options.proxy.value_or("").c_str()));  // "": the environment's is not asked
  CHECK(set(CURLOPT_NOSIGNAL, 1L));
  CHECK(set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count())));
  CHECK(set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(options.timeout.count()))));
  CHECK(set(CURLOPT_ERRORBUFFER, why_.data()));
  CHECK(set(CURLOPT_WRITEFUNCTION, &Easy::on_body));
  CHECK(set(CURLOPT_WRITEDATA, static_cast<void*>(this)));
  CHECK(set(CURLOPT_HEADERFUNCTION, &Easy::on_header));
  return set(CURLOPT_HEADERDATA, static_cast<void*>(this));
}

Result<void> Easy::set_up_tls(const HttpOptions& options) {
  CHECK(set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)));
  CHECK(set(CURLOPT_SSL_VERIFYPEER, 1L));
  CHECK(set(CURLOPT_SSL_VERIFYHOST, 2L));
  if (options.ca_file) {
    CHECK(set(CURLOPT_CAINFO, options.ca_file->c_str()));
    // Otherwise the distribution's folder of public authorities would be trusted beside the one that was named.
    CHECK(set(CURLOPT_CAPATH, static_cast<const char*>(nullptr)));
  }
  if (options.pinned_public_key) {
    CHECK(set(CURLOPT_PINNEDPUBLICKEY, options.pinned_public_key->c_str()));
  }
  return {};
}

Result<void> Easy::set_up_request() {
  switch (request_.method) {
    case HttpMethod::get:
      break;
    case HttpMethod::remove:
      CHECK(set(CURLOPT_CUSTOMREQUEST, "DELETE"));
      break;
    case HttpMethod::put:
      CHECK(set(CURLOPT_CUSTOMREQUEST, "PUT"));
      [[fallthrough]];
    case HttpMethod::post:
      CHECK(set(CURLOPT_POST, 1L));
      CHECK(set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())));
      CHECK(set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : as_text(request_.body).data()));
      break;
  }
  for (const auto& [key, value] : request_.headers) {
    const std::string line = key + ": " + value;
    if (line.find_first_of("\r\n") != std::string::npos) {
      return fail(Errc::usage, std::format("header {}: a line feed is not allowed", key));
    }
    curl_slist* const longer = curl_.slist_append(headers_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_ = longer;
  }
  return set(CURLOPT_HTTPHEADER, headers_);
}

std::size_t Easy::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& easy = *static_cast<Easy*>(self);
  const std::size_t octets = size * count;
  if (octets > easy.max_response_ - easy.response_.body.size()) {
    easy.too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  append(easy.response_.body, as_bytes({data, octets}));
  return octets;
}

std::size_t Easy::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& easy = *static_cast<Easy*>(self);
  const std::size_t octets = size * count;
  const std::string_view line = trimmed({data, octets});
  if (line.starts_with("HTTP/")) {  // a status line: after "100 Continue" comes another one
    easy.response_.headers.clear();
    return octets;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return octets;
  if (easy.response_.headers.size() == kMaxHeaders) {
    easy.too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  easy.response_.headers.emplace_back(to_lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return octets;
}

Result<HttpResponse> Easy::finish(CURLcode code) {
  if (too_large_) {
    return fail_in(Errc::too_large, request_.url, std::format("expected at most {} octets", max_response_));
  }
  if (code != CURLE_OK) {
    const std::string_view why = why_[0] != '\0' ? why_.data() : curl_.easy_strerror(code);
    return fail_in(code_of(code), request_.url, std::string(why));
  }
  if (curl_.easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &response_.status) != CURLE_OK || response_.status == 0) {
    return fail_in(Errc::unavailable, request_.url, "the answer has no status");
  }
  return std::move(response_);
}

}  // namespace credence::client
