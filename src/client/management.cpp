#include "client/management.h"

#include <format>
#include <utility>

#include "client/bearer.h"
#include "client/refusal.h"
#include "client/url.h"

namespace credence::client {
namespace {

constexpr std::string_view kPolicy = "application/vnd.veraison.policy+json";
constexpr std::string_view kPolicies = "application/vnd.veraison.policies+json";

Result<HttpResponse> ask(const Management& where, HttpRequest what, long expected) {
  if (where.token) {
    TRY(std::string value, authorization(*where.token));
    what.headers.emplace_back("Authorization", std::move(value));
  }
  TRY(HttpResponse response, request(what, where.http));
  if (response.status == expected) return response;
  Error refusal = refusal_of(response, what.url);
  if (response.status == 404) refusal.code = Errc::not_found;  // the caller has named a policy that is not there
  return std::unexpected(std::move(refusal));
}

std::string path_of(std::string_view kind, std::string_view scheme) {
  return std::format("/management/v1/{}/{}", kind, percent_encode(scheme));
}

Result<json::Value> json_of(const HttpResponse& response, const std::string& url) {
  auto value = json::parse(response.text(), {.bytes = 64 << 20});
  if (!value) return fail_in(Errc::unavailable, url, "expected JSON: " + value.error().text());
  return value;
}

}  // namespace

Result<json::Object> create_policy(const Management& where, const NewPolicy& policy) {
  std::string url = endpoint(where.url, path_of("policy", policy.scheme));
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    url += std::format("{}{}={}", std::exchange(separator, '&'), name, percent_encode(value));
  };
  if (!policy.name.empty()) add("name", policy.name);
  if (policy.grant_raise) add("grant", "raise");
  TRY(const HttpResponse response,
      ask(where,
          {.method = HttpMethod::post,
           .url = url,
           .headers = {{"Accept", std::string(kPolicy)}, {"Content-Type", policy.media_type}},
           .body = to_bytes(as_bytes(policy.rules))},
          201));
  TRY(json::Value value, json_of(response, url));
  if (!value.is_object()) return fail_in(Errc::unavailable, url, "expected a policy as a JSON object");
  return std::move(value.get_object());
}

Result<void> activate_policy(const Management& where, std::string_view scheme, std::string_view id) {
  const std::string path = std::format("{}/{}/activate", path_of("policy", scheme), percent_encode(id));
  return ask(where, {.method = HttpMethod::post, .url = endpoint(where.url, path)}, 200).transform([](const auto&) {});
}

Result<void> remove_policy(const Management& where, std::string_view scheme, std::string_view id) {
  const std::string path = std::format("{}/{}", path_of("policy", scheme), percent_encode(id));
  return ask(where, {.method = HttpMethod::remove, .url = endpoint(where.url, path)}, 204).transform([](const auto&) {
  });
}

Result<void> deactivate_policies(const Management& where, std::string_view scheme) {
  const std::string path = path_of("policies", scheme) + "/deactivate";
  return ask(where, {.method = HttpMethod::post, .url = endpoint(where.url, path)}, 200).transform([](const auto&) {});
}

Result<std::vector<json::Object>> list_policies(const Management& where, std::string_view scheme) {
  const std::string url = endpoint(where.url, path_of("policies", scheme));
  TRY(const HttpResponse response, ask(where, {.url = url, .headers = {{"Accept", std::string(kPolicies)}}}, 200));
  TRY(const json::Value value, json_of(response, url));
  if (!value.is_array()) return fail_in(Errc::unavailable, url, "expected an array of policies");
  std::vector<json::Object> policies;
  for (const json::Value& policy : value.get_array()) {
    if (!policy.is_object()) return fail_in(Errc::unavailable, url, "expected an array of policies");
    policies.push_back(policy.get_object());
  }
  return policies;
}

}  // namespace credence::client
