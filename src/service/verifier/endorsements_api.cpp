#include "service/verifier/endorsements_api.h"

#include <format>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/media_types.h"
#include "rats/elm/query.h"
#include "service/http/accept.h"
#include "service/http/concise_problem.h"
#include "service/http/problem.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kActivated = "activated", kDeactivated = "deactivated";

http::Response refusal(const Error& error, Log& log) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) log.write(LogLevel::error, error.text());
  return response;
}

json::Object to_json(const verifier::StoredCorim& corim) {
  json::Object object{{"id", corim.id}, {"active", corim.active}, {"signed", corim.is_signed}, {"size", corim.size}};
  if (!corim.profile.empty()) {  // else it could not be read here
    object["corim-id"] = corim.source;
    object["profile"] = corim.profile;
  }
  if (corim.validity) {
    if (corim.validity->not_before) object["not-before"] = to_rfc3339(*corim.validity->not_before);
    object["not-after"] = to_rfc3339(corim.validity->not_after);
  }
  if (corim.deactivated > 0) object["deactivated"] = corim.deactivated;
  return object;
}

// Whoever changed something learns what does not count all the same.
http::Response changed(const verifier::LifecycleChange& change) {
  if (change.off.empty()) return {.status = http::kNoContent};
  json::Array off;
  for (const std::string& id : change.off) off.emplace_back(id);
  http::Response response;
  response.headers = {{"Content-Type", std::string(kJson)}, {"Cache-Control", "no-store"}};
  response.body = json::to_text(json::Object{{"deactivated", std::move(off)}});
  return response;
}

void write(Log& log, std::string_view done, const verifier::LifecycleChange& change) {
  for (const std::string& id : change.selected) log.write(LogLevel::info, std::format("{}: {}", done, id));
  const bool activated = done == kActivated;
  for (const std::string& id : change.off)
    log.write(LogLevel::info, activated
                                  ? std::format("still deactivated: {}", id)
                                  : std::format("deactivated, since what replaced it does not count any more: {}", id));
}

}  // namespace

http::Response EndorsementsApi::list(const http::Request& request) const {
  const auto accepted = http::accepts(request.list_header("Accept"), kJson);
  if (!accepted) return http::problem(accepted.error());
  if (!*accepted) return http::problem(http::kNotAcceptable, std::format("the answer is of type {}", kJson));
  const auto all = store_->list();
  if (!all) return refusal(all.error(), *log_);
  json::Array corims;
  for (const verifier::StoredCorim& corim : *all) corims.push_back(to_json(corim));
  http::Response response;
  response.headers = {{"Content-Type", std::string(kJson)}, {"Cache-Control", "no-store"}};
  response.body = json::to_text(json::Object{{"generation", store_->generation()}, {"corims", std::move(corims)}});
  return response;
}

http::Response EndorsementsApi::get(const http::Request& request) const {
  const std::string& id = request.path_parameters.front();
  const auto corim = store_->stored(id);
  if (!corim) return refusal(corim.error(), *log_);
  const auto octets = store_->octets(id);
  if (!octets) return refusal(octets.error(), *log_);
  const auto form = corim->is_signed ? rats::CorimForm::signed_corim : rats::CorimForm::unsigned_corim;
  const auto profile = corim->profile.empty() ? std::nullopt : std::optional(corim->profile);  // empty: it is unread
  http::Response response;
  response.headers = {{"Content-Type", rats::to_text({.form = form, .profile = profile})},
                      {"Cache-Control", "no-store"}};
  response.body = std::string(as_text(*octets));
  return response;
}

http::Response EndorsementsApi::remove(const http::Request& request) const {
  const std::string& id = request.path_parameters.front();
  const auto removed = store_->remove(id);
  if (!removed) return refusal(removed.error(), *log_);
  write(*log_, "CoRIM removed", *removed);
  return changed(*removed);
}

http::Response EndorsementsApi::set_one_active(const http::Request& request, bool active) const {
  const std::string& id = request.path_parameters.front();
  const auto change = store_->set_active({&id, 1}, active);
  if (!change) return refusal(change.error(), *log_);
  write(*log_, active ? kActivated : kDeactivated, *change);
  return changed(*change);
}

http::Response EndorsementsApi::set_active(const http::Request& request, bool active) const {
  const auto applied = apply_query(request, active);
  if (applied) return changed(*applied);
  http::Response response = http::concise_problem(applied.error());
  if (response.status >= http::kInternalServerError) log_->write(LogLevel::error, applied.error().text());
  return response;
}

Result<verifier::LifecycleChange> EndorsementsApi::apply_query(const http::Request& request, bool active) const {
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type || !rats::same_media_type(*content_type, rats::kElmMediaType))
    return fail(Errc::unsupported, std::format("Content-Type: expected {}", rats::kElmMediaType));
  TRY(const rats::ElmQuery query, rats::decode_elm_query(request.body));
  TRY(verifier::LifecycleChange change, store_->set_active(query, active));
  write(*log_, active ? kActivated : kDeactivated, change);
  return change;
}

void EndorsementsApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::list_corims, [api = *this](const Request& request) { return api.list(request); });
  routes.add(Operation::get_corim, [api = *this](const Request& request) { return api.get(request); });
  routes.add(Operation::delete_corim, [api = *this](const Request& request) { return api.remove(request); });
  for (const bool active : {true, false}) {
    routes.add(active ? Operation::activate_corim : Operation::deactivate_corim,
               [api = *this, active](const Request& request) { return api.set_one_active(request, active); });
    routes.add(active ? Operation::activate_query : Operation::deactivate_query,
               [api = *this, active](const Request& request) { return api.set_active(request, active); });
  }
}

}  // namespace credence::service
