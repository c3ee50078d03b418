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
          {"service-state", "READY"},
          {"api-endpoints", std::move(endpoints)}};
}

http::Response document(const http::Request& request, const std::string& body, Timestamp now) {
  const std::string accept = request.list_header("Accept");
  std::string_view type;
  for (const std::string_view candidate : {kDiscovery, kJson}) {
    const auto accepted = http::accepts(accept, candidate);
    if (!accepted) return http::problem(accepted.error());
    if (*accepted && type.empty()) type = candidate;
  }
  if (type.empty()) return http::problem(http::kNotAcceptable, std::format("the answer is of type {}", kDiscovery));
  http::Response response;
  response.headers = {{"Content-Type", std::string(type)},
                      {"Cache-Control", std::format("max-age={}", kMaxAge.count())},
                      {"Expires", http::to_imf_fixdate(now + kMaxAge)},
                      {"Vary", "Accept"}};
  response.body = body;
  return response;
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
  const json::Object provisioning =
      common(parts.corim_types, parts.version, {{"provisioningSubmit", "/endorsement-provisioning/v1/submit"}});
  json::Object management = common(parts.policy_types, parts.version, management_endpoints());
  management["attestation-schemes"] = json::Array(parts.schemes.begin(), parts.schemes.end());
  documents_ = std::make_shared<const Documents>(Documents{.verification = std::move(verification),
                                                           .provisioning = json::to_text(provisioning),
                                                           .management = json::to_text(management),
                                                           .signer = std::move(parts.signer),
                                                           .clock = std::move(parts.clock)});
}

// Veraison's member for the key that signs now, and ours for all.
std::string DiscoveryApi::verification(const Documents& documents, Timestamp now) {
  json::Object document = documents.verification;
  document["ear-verification-key"] = documents.signer->jwk(now);
  document["ear-verification-keys"] = documents.signer->jwks(now);
  document["jwks-uri"] = kJwksPath;
  return json::to_text(document);
}

void DiscoveryApi::add_routes(Routes& routes) const {
  routes.add(Operation::discover_verification, [documents = documents_](const http::Request& request) {
    const Timestamp now = documents->clock->now();
    return document(request, verification(*documents, now), now);
  });
  routes.add(Operation::discover_provisioning, [documents = documents_](const http::Request& request) {
    return document(request, documents->provisioning, documents->clock->now());
  });
  routes.add(Operation::discover_management, [documents = documents_](const http::Request& request) {
    return document(request, documents->management, documents->clock->now());
  });
}

}  // namespace credence::service
