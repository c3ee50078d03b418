#include "service/verifier/revocations_api.h"

#include <algorithm>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rats/cmw/cmw.h"
#include "service/http/accept.h"
#include "service/http/problem.h"
#include "verifier/revocation/revocation.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using verifier::Document;
using verifier::DocumentChange;
using verifier::DocumentKind;
using verifier::Documents;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPath = "/endorsement-provisioning/v1/revocations";

http::Response refusal(const Error& error, Log& log) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) log.write(LogLevel::error, error.text());
  // RFC 9110 section 15.5.16: say what would do.
  if (error.code == Errc::unsupported) response.headers.emplace_back("Accept", kJson);
  return response;
}

http::Response json_response(unsigned status, const json::Value& body) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(kJson)}, {"Cache-Control", "no-store"}},
          .body = json::to_text(body)};
}

Result<json::Value> to_json(const Document& document) {
  TRY(json::Value value, json::parse(as_text(document.octets)));
  TRY(const json::Object* object, json::as_object(value, "revocation"));
  json::Object entry = *object;
  entry["id"] = document.id;
  return entry;
}

}  // namespace

http::Response RevocationsApi::list(const http::Request& request) const {
  const auto accepted = http::accepts(request.list_header("Accept"), kJson);
  if (!accepted) return http::problem(accepted.error());
  if (!*accepted) return http::problem(http::kNotAcceptable, std::format("the answer is of type {}", kJson));
  json::Array entries;
  for (const auto& document : *store_->documents(DocumentKind::deny_entry)) {
    auto entry = to_json(*document);
    if (!entry) return refusal(entry.error(), *log_);
    entries.push_back(*std::move(entry));
  }
  json::Object body{{"generation", store_->generation()}};
  body["revocations"] = std::move(entries);
  return json_response(http::kOk, body);
}

Result<http::Response> RevocationsApi::revoke(const http::Request& request) const {
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type || !rats::same_media_type(*content_type, kJson))
    return fail(Errc::unsupported, std::format("Content-Type: expected {}", kJson));
  TRY(const json::Value body, json::parse(as_text(request.body)));
  TRY(const json::Object* object, json::as_object(body, "revocation"));
  TRY(const verifier::Revocation revocation, verifier::revocation_from_json(*object, clock_->now()));
  TRY(const std::string id, verifier::revocation_id(revocation));
  json::Object entry = verifier::to_json(revocation);
  bool added = false;
  CHECK(store_->change(DocumentKind::deny_entry, [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
    added = std::ranges::none_of(present, [&](const auto& document) { return document->id == id; });
    if (!added) return std::vector<DocumentChange>{};
    if (present.size() >= verifier::kMostRevocations)
      return fail(Errc::too_large, std::format("the deny list has {} entries, it takes no more", present.size()));
    return std::vector<DocumentChange>{
        {.event = DocumentChange::Event::added, .id = id, .octets = to_bytes(as_bytes(json::to_text(entry)))}};
  }));
  if (added) log_->write(LogLevel::warning, std::format("revoked: {}", json::to_text(entry)));
  entry["id"] = id;
  http::Response response = json_response(added ? http::kCreated : http::kOk, entry);
  response.headers.emplace_back("Location", std::format("{}/{}", kPath, id));
  return response;
}

http::Response RevocationsApi::add(const http::Request& request) const {
  auto response = revoke(request);
  return response ? *std::move(response) : refusal(response.error(), *log_);
}

http::Response RevocationsApi::remove(const http::Request& request) const {
  const std::string& id = request.path_parameters.front();
  const auto removed = store_->change(DocumentKind::deny_entry, [&](const Documents& present) {
    using Changes = std::vector<DocumentChange>;
    if (std::ranges::none_of(present, [&](const auto& document) { return document->id == id; }))
      return Result<Changes>(fail(Errc::not_found, std::format("no revocation has the id {}", id)));
    return Result<Changes>(Changes{{.event = DocumentChange::Event::removed, .id = id}});
  });
  if (!removed) return refusal(removed.error(), *log_);
  log_->write(LogLevel::warning, "revocation lifted: " + id);
  return {.status = http::kNoContent};
}

void RevocationsApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::list_revocations, [api = *this](const Request& request) { return api.list(request); });
  routes.add(Operation::add_revocation, [api = *this](const Request& request) { return api.add(request); });
  routes.add(Operation::remove_revocation, [api = *this](const Request& request) { return api.remove(request); });
}

}  // namespace credence::service
