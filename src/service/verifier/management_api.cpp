#include "service/verifier/management_api.h"

#include <format>
#include <string>
#include <utility>
#include <vector>

#include "rats/corim/uuid.h"
#include "rats/media_type.h"
#include "service/http/accept.h"
#include "service/http/problem.h"
#include "service/policy/dry_run.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using Parts = ManagementApi::Parts;

constexpr std::string_view kPolicy = "application/vnd.veraison.policy+json";
constexpr std::string_view kPolicies = "application/vnd.veraison.policies+json";
constexpr std::string_view kJson = "application/json";

json::Object to_json(const verifier::PolicyVersion& version) {
  json::Object object{{"uuid", version.id},     {"ctime", to_rfc3339(version.created)},
                      {"name", version.name},   {"type", version.type},
                      {"rules", version.rules}, {"active", version.active}};
  if (version.may_raise) object["grant"] = "raise";
  return object;
}

http::Response answer(unsigned status, std::string_view type, const json::Value& body) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}};
  response.body = json::to_text(body);
  return response;
}

http::Response refusal(const Parts& parts, const Error& error) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) parts.log->write(LogLevel::error, error.text());
  if (error.code != Errc::unsupported) return response;
  std::string list;
  for (const auto& language : parts.policies->languages())
    list += (list.empty() ? "" : ", ") + std::string(language->media_type());
  response.headers.emplace_back("Accept", list);
  return response;
}

Result<void> require_accept(const http::Request& request, std::string_view type) {
  TRY(const bool accepted, http::accepts(request.list_header("Accept"), type));
  if (!accepted) return fail(Errc::not_acceptable, std::format("the answer is of type {}", type));
  return {};
}

const std::string& scheme_of(const http::Request& request) { return request.path_parameters.front(); }

Result<std::string> id_of(const http::Request& request) {
  TRY(const rats::Uuid uuid, rats::Uuid::from_text(request.path_parameters.at(1)));
  return uuid.text();
}

// A grant that is misspelled must not be taken for none, and none not for one.
Result<bool> grant_of(const http::Request& request) {
  TRY(const auto grant, request.target.parameter("grant"));
  if (!grant) return false;
  if (*grant != "raise") return fail(Errc::invalid_value, std::format("grant: expected raise, got \"{}\"", *grant));
  return true;
}

Result<verifier::PolicyVersion> add(const Parts& parts, const http::Request& request) {
  CHECK(require_accept(request, kPolicy));
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type) return fail(Errc::unsupported, "expected a Content-Type: the language of the rules");
  // Parameters say nothing here: rules are UTF-8, whatever charset is named.
  TRY(rats::MediaType type, rats::parse_media_type(*content_type));
  TRY(const auto name, request.target.parameter("name"));
  TRY(const bool may_raise, grant_of(request));
  verifier::Policies::New policy{.scheme = scheme_of(request),
                                 .type = std::move(type.essence),
                                 .rules = std::string(as_text(request.body)),
                                 .may_raise = may_raise};
  if (name && !name->empty()) policy.name = *name;
  auto added = parts.policies->add(std::move(policy));
  if (!added && added.error().code == Errc::invalid_value && !added.error().why.starts_with("unrecognised scheme"))
    return fail(Errc::invalid_value, "invalid policy: " + added.error().text());
  return added;
}

}  // namespace

http::Response ManagementApi::create(const http::Request& request) const {
  const auto version = add(*parts_, request);
  if (!version) return refusal(*parts_, version.error());
  parts_->log->write(LogLevel::info, std::format("policy {} of {} stored: {}{}", version->name, version->scheme,
                                                 version->id, version->may_raise ? ", with the grant to raise" : ""));
  return answer(http::kCreated, kPolicy, to_json(*version));
}

http::Response ManagementApi::list(const http::Request& request) const {
  const auto listed = require_accept(request, kPolicies).and_then([&] -> Result<std::vector<verifier::PolicyVersion>> {
    TRY(const auto name, request.target.parameter("name"));
    return parts_->policies->list(scheme_of(request), name && !name->empty() ? name : std::nullopt);
  });
  if (!listed) return refusal(*parts_, listed.error());
  json::Array versions;
  for (const verifier::PolicyVersion& version : *listed) versions.emplace_back(to_json(version));
  return answer(http::kOk, kPolicies, versions);
}

http::Response ManagementApi::get(const http::Request& request) const {
  const auto version =
      require_accept(request, kPolicy).and_then([&] { return id_of(request); }).and_then([&](const std::string& id) {
        return parts_->policies->get(scheme_of(request), id);
      });
  return version ? answer(http::kOk, kPolicy, to_json(*version)) : refusal(*parts_, version.error());
}

http::Response ManagementApi::get_active(const http::Request& request) const {
  const auto version =
      require_accept(request, kPolicy).and_then([&] { return parts_->policies->get_active(scheme_of(request)); });
  return version ? answer(http::kOk, kPolicy, to_json(*version)) : refusal(*parts_, version.error());
}

http::Response ManagementApi::activate(const http::Request& request) const {
  const auto id = id_of(request);
  if (!id) return refusal(*parts_, id.error());
  if (const auto changed = parts_->policies->activate(scheme_of(request), *id); !changed)
    return refusal(*parts_, changed.error());
  parts_->log->write(LogLevel::info, std::format("policy of {} activated: {}", scheme_of(request), *id));
  return {.status = http::kOk};
}

http::Response ManagementApi::deactivate(const http::Request& request) const {
  if (const auto changed = parts_->policies->deactivate(scheme_of(request)); !changed)
    return refusal(*parts_, changed.error());
  parts_->log->write(LogLevel::info, std::format("policies of {} deactivated", scheme_of(request)));
  return {.status = http::kOk};
}

http::Response ManagementApi::remove(const http::Request& request) const {
  const auto id = id_of(request);
  if (!id) return refusal(*parts_, id.error());
  if (const auto removed = parts_->policies->remove(scheme_of(request), *id); !removed)
    return refusal(*parts_, removed.error());
  parts_->log->write(LogLevel::info, std::format("policy of {} removed: {}", scheme_of(request), *id));
  return {.status = http::kNoContent};
}

http::Response ManagementApi::dry_run(const http::Request& request) const {
  const auto outcome = require_accept(request, kJson).and_then([&] {
    return dry_run_policy(*parts_->engine, *parts_->policies, *parts_->sessions, scheme_of(request),
                          as_text(request.body));
  });
  return outcome ? answer(http::kOk, kJson, *outcome) : refusal(*parts_, outcome.error());
}

void ManagementApi::add_routes(Routes& routes) const {
  const auto add = [&](Operation operation, http::Response (ManagementApi::*call)(const http::Request&) const) {
    routes.add(operation, [api = *this, call](const http::Request& request) { return (api.*call)(request); });
  };
  add(Operation::create_policy, &ManagementApi::create);
  add(Operation::get_active_policy, &ManagementApi::get_active);
  add(Operation::try_policy, &ManagementApi::dry_run);
  add(Operation::get_policy, &ManagementApi::get);
  add(Operation::delete_policy, &ManagementApi::remove);
  add(Operation::activate_policy, &ManagementApi::activate);
  add(Operation::list_policies, &ManagementApi::list);
  add(Operation::deactivate_policies, &ManagementApi::deactivate);
}

}  // namespace credence::service
