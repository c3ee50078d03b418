#include "service/verifier/discovery_api.h"

#include <chrono>
#include <format>

#include "service/http/accept.h"
#include "service/http/date.h"
#include "service/http/problem.h"
#include "service/verifier/jwks_api.h"

namespace credence::service {
namespace {

constexpr std::string_view kDiscovery = "application/vnd.veraison.discovery+json";
constexpr std::string_view kJson = "application/json";
constexpr std::chrono::seconds kMaxAge{60};

json::Object common(const std::vector<std::string>& media_types, std::string_view version, json::Object endpoints) {
  return {{"media-types", json::Array(media_types.begin(), media_types.end())},
          {"version", version},
          {"service-state", ""},
          {"api-endpoints", std::move(endpoints)}};
}

Result<std::string_view> type_for(const http::Request& request) {
  const std::string accept = request.list_header("Accept");
  std::string_view type;
  for (const std::string_view candidate : {kDiscovery, kJson}) {
    TRY(const bool accepted, http::accepts(accept, candidate));
    if (accepted && type.empty()) type = candidate;
  }
  if (type.empty()) return fail(Errc::not_acceptable, std::format("the answer is of type {}", kDiscovery));
  return type;
}

// Veraison's names, and its way of writing parameters.
json::Object management_endpoints() {
  return {{"createPolicy", "/management/v1/policy/:scheme"},
          {"activatePolicy", "/management/v1/policy/:scheme/:uuid/activate"},
          {"getActivePolicy", "/management/v1/policy/:scheme"},
          {"getPolicy", "/management/v1/policy/:scheme/:uuid"},
          {"deactivatePolicies", "/management/v1/policies/:scheme/deactivate"},
          {"getPolicies", "/management/v1/policies/:scheme"}};
}

}  // namespace

DiscoveryApi::DiscoveryApi(Parts parts) {
  json::Object verification = common(parts.evidence_types, parts.version,
                                     {{"newChallengeResponseSession", "/challenge-response/v1/newSession"}});
  json::Object provisioning =
      common(parts.corim_types, parts.version, {{"provisioningSubmit", "/endorsement-provisioning/v1/submit"}});
  json::Object management = common(parts.policy_types, parts.version, management_endpoints());
  management["attestation-schemes"] = json::Array(parts.schemes.begin(), parts.schemes.end());
  documents_ = std::make_shared<const Documents>(Documents{.verification = std::move(verification),
                                                           .provisioning = std::move(provisioning),
                                                           .management = std::move(management),
                                                           .signer = std::move(parts.signer),
                                                           .clock = std::move(parts.clock),
                                                           .health = std::move(parts.health)});
}

http::Response DiscoveryApi::answer(const Documents& documents, const http::Request& request, json::Object document) {
  const auto type = type_for(request);
  if (!type) return http::problem(type.error());
  const std::string_view state = documents.health->state();
  document["service-state"] = state;
  http::Response response;
  response.headers = {{"Content-Type", std::string(*type)}, {"Vary", "Accept"}};
  // What is wrong may be over in the next second.
  if (state == Health::kReady) {
    response.headers.emplace_back("Cache-Control", std::format("max-age={}", kMaxAge.count()));
    response.headers.emplace_back("Expires", http::to_imf_fixdate(documents.clock->now() + kMaxAge));
  } else {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  response.body = json::to_text(document);
  return response;
}

// Veraison's member for the key that signs now, and ours for all.
json::Object DiscoveryApi::verification(const Documents& documents) {
  const Timestamp now = documents.clock->now();
  json::Object document = documents.verification;
  document["ear-verification-key"] = documents.signer->jwk(now);
  document["ear-verification-keys"] = documents.signer->jwks(now);
  document["jwks-uri"] = kJwksPath;
  return document;
}

void DiscoveryApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::discover_verification, [documents = documents_](const Request& request) {
    return answer(*documents, request, verification(*documents));
  });
  routes.add(Operation::discover_provisioning, [documents = documents_](const Request& request) {
    return answer(*documents, request, documents->provisioning);
  });
  routes.add(Operation::discover_management, [documents = documents_](const Request& request) {
    return answer(*documents, request, documents->management);
  });
}

}  // namespace credence::service
