#include "client/opa.h"

#include <algorithm>
#include <format>
#include <utility>

#include "client/bearer.h"
#include "client/url.h"

namespace credence::client {
namespace {

constexpr std::size_t kMostMessage = 300;

Result<HttpResponse> ask(const Opa& opa, HttpRequest what) {
  if (opa.token) {
    TRY(std::string value, authorization(*opa.token));
    what.headers.emplace_back("Authorization", std::move(value));
  }
  return request(what, opa.http);
}

// Its errors come as {"code", "message", "errors": [{"message", "location": {"row"}}]}.
std::string message_of(const HttpResponse& response) {
  const auto value = json::parse(response.text());
  if (!value || !value->is_object()) return std::format("HTTP status {}", response.status);
  const json::Object& object = value->get_object();
  if (const auto* errors = object.if_contains("errors"); errors != nullptr && errors->is_array()) {
    for (const json::Value& error : errors->get_array()) {
      if (!error.is_object()) continue;
      const auto text = json::optional_text(error.get_object(), "message");
      const auto location = json::optional_object(error.get_object(), "location");
      if (!text || !*text || !location) continue;
      const auto row =
          *location == nullptr ? std::nullopt : json::optional_integer(**location, "row").value_or(std::nullopt);
      return std::string((row ? std::format("policy:{}: ", *row) : std::string()) + std::string(**text))
          .substr(0, kMostMessage);
    }
  }
  const auto message = json::optional_text(object, "message");
  return std::string(message && *message ? **message : "no message").substr(0, kMostMessage);
}

std::unexpected<Error> refusal(const Opa&, const HttpResponse& response, std::string_view url) {
  return fail_in(Errc::unavailable, std::string(url), std::format("OPA: {}", message_of(response)));
}

}  // namespace

Result<void> put_opa_module(const Opa& opa, std::string_view id, std::string_view rego) {
  const std::string url = endpoint(opa.url, std::format("/v1/policies/{}", percent_encode(id)));
  TRY(const HttpResponse response, ask(opa, {.method = HttpMethod::put,
                                             .url = url,
                                             .headers = {{"Content-Type", "text/plain"}},
                                             .body = to_bytes(as_bytes(rego))}));
  if (response.status == 200) return {};
  if (response.status == 400) return fail(Errc::invalid_value, message_of(response));
  return refusal(opa, response, url);
}

Result<void> remove_opa_module(const Opa& opa, std::string_view id) {
  const std::string url = endpoint(opa.url, std::format("/v1/policies/{}", percent_encode(id)));
  TRY(const HttpResponse response, ask(opa, {.method = HttpMethod::remove, .url = url}));
  if (response.status == 200 || response.status == 404) return {};
  return refusal(opa, response, url);
}

Result<std::optional<json::Value>> query_opa(const Opa& opa, std::string_view path, const json::Object& input) {
  const std::string url = endpoint(opa.url, std::format("/v1/data/{}", path));
  TRY(const HttpResponse response,
      ask(opa, {.method = HttpMethod::post,
                .url = url,
                .headers = {{"Content-Type", "application/json"}},
                .body = to_bytes(as_bytes(json::to_text(json::Object{{"input", input}})))}));
  if (response.status != 200) return refusal(opa, response, url);
  auto answer = json::parse(response.text());
  if (!answer || !answer->is_object())
    return fail_in(Errc::unavailable, url, "OPA: expected a JSON object in the answer");
  json::Value* const result = answer->get_object().if_contains("result");
  if (result == nullptr) return std::nullopt;
  return std::move(*result);
}

}  // namespace credence::client
