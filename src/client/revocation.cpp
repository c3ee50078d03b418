#include "client/revocation.h"

#include <cstddef>
#include <format>
#include <string>
#include <utility>

#include "client/refusal.h"
#include "client/url.h"

namespace credence::client {
namespace {

constexpr std::string_view kPath = "/endorsement-provisioning/v1/revocations";
constexpr std::string_view kJson = "application/json";
constexpr std::size_t kMostAnswer = 64 << 20;  // revocation lists are among the entries

Result<HttpResponse> call(HttpRequest what, const Provisioning& where, long expected, long also_expected) {
  CHECK(authorize(what, where));
  HttpOptions options = where.http;
  options.max_response = kMostAnswer;
  TRY(HttpResponse response, request(what, options));
  if (response.status != expected && response.status != also_expected)
    return std::unexpected(refusal_of(response, what.url));
  return response;
}

Result<json::Value> parse(const HttpResponse& response, const std::string& url) {
  auto value = json::parse(response.text(), {.bytes = kMostAnswer});
  if (!value) return fail_in(Errc::unavailable, url, "expected JSON: " + value.error().text());
  return value;
}

}  // namespace

Result<json::Object> revoke(const json::Object& revocation, const Provisioning& where) {
  const std::string url = endpoint(where.url, kPath);
  TRY(const HttpResponse response,
      call({.method = HttpMethod::post,
            .url = url,
            .headers = {{"Accept", std::string(kJson)}, {"Content-Type", std::string(kJson)}},
            .body = to_bytes(as_bytes(json::to_text(revocation)))},
           where, 201, 200));
  TRY(const json::Value value, parse(response, url));
  TRY(const json::Object* entry, json::as_object(value, url));
  return *entry;
}

Result<json::Array> revocations(const Provisioning& where) {
  const std::string url = endpoint(where.url, kPath);
  TRY(const HttpResponse response,
      call({.method = HttpMethod::get, .url = url, .headers = {{"Accept", std::string(kJson)}}}, where, 200, 200));
  TRY(const json::Value value, parse(response, url));
  TRY(const json::Object* object, json::as_object(value, url));
  TRY(const json::Array* entries, json::required_array(*object, "revocations"));
  return *entries;
}

Result<void> lift_revocation(std::string_view id, const Provisioning& where) {
  // What goes into the path must not change which path it is.
  if (id.empty() || id.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return fail(Errc::usage, std::format("expected the id of a revocation, got '{}'", id));
  TRY(const HttpResponse response,
      call({.method = HttpMethod::remove, .url = endpoint(where.url, std::format("{}/{}", kPath, id))}, where, 204,
           204));
  return {};
}

}  // namespace credence::client
