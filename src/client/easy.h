// One libcurl easy handle for one request: for blocking use and for the multi interface alike.
//
// Internal to the folder: it shows libcurl.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "client/http.h"
#include "client/libcurl.h"

namespace credence::client {

class Easy {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Easy>> make(const HttpRequest& request, const HttpOptions& options);
  ~Easy();
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  [[nodiscard]] CURL* handle() const noexcept { return handle_; }
  // Blocks until the transfer is over.
  [[nodiscard]] CURLcode perform() { return curl_.easy_perform(handle_); }
  // What came of it, once libcurl says that the transfer is over.
  [[nodiscard]] Result<HttpResponse> finish(CURLcode code);

 private:
  explicit Easy(const Libcurl& curl) noexcept : curl_(curl) {}
  // An option that libcurl does not take would silently leave its default, which may be a weaker one.
  template <typename Value>
  [[nodiscard]] Result<void> set(CURLoption option, Value value);
  [[nodiscard]] Result<void> set_up(const HttpOptions& options);
  [[nodiscard]] Result<void> set_up_tls(const HttpOptions& options);
  [[nodiscard]] Result<void> set_up_request();
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;

  const Libcurl& curl_;
  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  HttpRequest request_;  // libcurl reads the body from here
  HttpResponse response_;
  std::size_t max_response_ = 0;
  bool too_large_ = false;
  std::array<char, CURL_ERROR_SIZE> why_{};
};

}  // namespace credence::client
