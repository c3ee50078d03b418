#include "service/verifier/endorsements_api.h"

#include <algorithm>
#include <format>
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

http::Response refusal(const Error& error, Log& log) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) log.write(LogLevel::error, error.text());
  return response;
}

json::Object to_json(const verifier::StoredCorim& corim) {
  json::Object object{{"id", corim.id},         {"corim-id", corim.source},  {"profile", corim.profile},
                      {"active", corim.active}, {"signed", corim.is_signed}, {"size", corim.size}};
  if (corim.validity) {
    if (corim.validity->not_before) object["not-before"] = to_rfc3339(*corim.validity->not_before);
    object["not-after"] = to_rfc3339(corim.validity->not_after);
  }
  if (corim.deactivated > 0) object["deactivated"] = corim.deactivated;
  return object;
}

Result<const verifier::StoredCorim*> stored(const std::vector<verifier::StoredCorim>& all, std::string_view id) {
  const auto found = std::ranges::find(all, id, &verifier::StoredCorim::id);
  if (found == all.end()) return fail(Errc::not_found, std::format("no CoRIM with id {} is stored", id));
  return &*found;
}

http::Response no_content() { return {.status = http::kNoContent}; }

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
  const auto all = store_->list();
  if (!all) return refusal(all.error(), *log_);
  const auto corim = stored(*all, id);
  if (!corim) return refusal(corim.error(), *log_);
  const auto octets = store_->octets(id);
  if (!octets) return refusal(octets.error(), *log_);
  const auto form = (*corim)->is_signed ? rats::CorimForm::signed_corim : rats::CorimForm::unsigned_corim;
  http::Response response;
  response.headers = {{"Content-Type", rats::to_text({.form = form, .profile = (*corim)->profile})},
                      {"Cache-Control", "no-store"}};
  response.body = std::string(as_text(*octets));
  return response;
}

http::Response EndorsementsApi::remove(const http::Request& request) const {
  const std::string& id = request.path_parameters.front();
  if (const auto removed = store_->remove(id); !removed) return refusal(removed.error(), *log_);
  log_->write(LogLevel::info, "CoRIM removed: " + id);
  return no_content();
}

http::Response EndorsementsApi::set_one_active(const http::Request& request, bool active) const {
  const std::string& id = request.path_parameters.front();
  if (const auto changed = store_->set_active({&id, 1}, active); !changed) return refusal(changed.error(), *log_);
  log_->write(LogLevel::info, std::format("CoRIM {}: {}", active ? "activated" : "deactivated", id));
  return no_content();
}

http::Response EndorsementsApi::set_active(const http::Request& request, bool active) const {
  const auto applied = apply_query(request, active);
  if (applied) return no_content();
  http::Response response = http::concise_problem(applied.error());
  if (response.status >= http::kInternalServerError) log_->write(LogLevel::error, applied.error().text());
  return response;
}

Result<void> EndorsementsApi::apply_query(const http::Request& request, bool active) const {
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type || !rats::same_media_type(*content_type, rats::kElmMediaType))
    return fail(Errc::unsupported, std::format("Content-Type: expected {}", rats::kElmMediaType));
  TRY(const rats::ElmQuery query, rats::decode_elm_query(request.body));
  TRY(const auto changed, store_->set_active(query, active));
  for (const std::string& id : changed)
    log_->write(LogLevel::info, std::format("{}: {}", active ? "activated" : "deactivated", id));
  return {};
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
