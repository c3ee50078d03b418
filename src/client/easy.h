// One libcurl easy handle for one request: for blocking use and for the multi interface alike.
//
// Internal to the folder: it shows libcurl.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "client/http.h"

namespace credence::client {

class Easy {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Easy>> make(const HttpRequest& request, const HttpOptions& options);
  ~Easy();
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  [[nodiscard]] CURL* handle() const noexcept { return handle_; }
  // What came of it, once libcurl says that the transfer is over.
  [[nodiscard]] Result<HttpResponse> finish(CURLcode code);

 private:
  Easy() = default;
  [[nodiscard]] Result<void> set_up(const HttpOptions& options);
  [[nodiscard]] Result<void> set_up_tls(const HttpOptions& options);
  [[nodiscard]] Result<void> set_up_request();
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;

  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  HttpRequest request_;  // libcurl reads the body from here
  HttpResponse response_;
  std::size_t max_response_ = 0;
  bool too_large_ = false;
  std::array<char, CURL_ERROR_SIZE> why_{};
};

}  // namespace credence::client
