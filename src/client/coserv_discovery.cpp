#include "client/coserv_discovery.h"

#include <algorithm>
#include <format>
#include <utility>
#include <variant>

#include "base/text.h"
#include "rats/media_type.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

constexpr std::string_view kEndpoint = "CoSERVRequestResponse";
constexpr std::string_view kVariable = "{query}";
constexpr std::size_t kMostCapabilities = 256, kMostArtifacts = 16;

Result<CoservDiscovery::Capability> capability_of(const json::Value& value) {
  TRY(const json::Object* object, json::as_object(value, "capability"));
  TRY(const std::string_view text, json::required_text(*object, "media-type"));
  TRY(const rats::MediaType type, rats::parse_media_type(text));
  CoservDiscovery::Capability capability{
      .media_type = type.essence, .profile = std::string(type.parameter("profile").value_or("")), .artifacts = {}};
  TRY(const json::Array* artifacts, json::required_array(*object, "artifact-support"));
  if (artifacts->size() > kMostArtifacts) return fail_in(Errc::too_large, "artifact-support", "expected at most 16");
  for (const json::Value& artifact : *artifacts)
    if (artifact.is_string()) capability.artifacts.emplace_back(artifact.get_string());
  return capability;
}

// A path below the service that was configured. A URL would send questions, and with them who is appraised here, to a
// host that nobody configured.
Result<std::string> path_of(const json::Object& document) {
  TRY(const json::Object* endpoints, json::required_object(document, "api-endpoints"));
  TRY(const std::string_view path, json::required_text(*endpoints, kEndpoint));
  if (!path.starts_with('/') || path.starts_with("//") || !path.contains(kVariable))
    return fail_in(Errc::unsupported, std::format("api-endpoints.{}", kEndpoint),
                   std::format("expected a path with {} in it, got \"{}\"", kVariable, path));
  return std::string(path);
}

std::string_view artifact_of(const rats::CoservQuery& query) {
  const auto* asked = std::get_if<rats::EnvironmentQuery>(&query.query);
  if (asked == nullptr) return "rims";
  return asked->result == rats::ResultType::source ? "source" : "collected";
}

}  // namespace

Result<CoservDiscovery> parse_coserv_discovery(std::string_view json) {
  TRY(const json::Value value, json::parse(json));
  TRY(const json::Object* document, json::as_object(value, "discovery"));
  CoservDiscovery discovery;
  TRY(discovery.path, path_of(*document));
  TRY(const json::Array* capabilities, json::required_array(*document, "capabilities"));
  if (capabilities->size() > kMostCapabilities)
    return fail_in(Errc::too_large, "capabilities", std::format("expected at most {}", kMostCapabilities));
  for (const json::Value& entry : *capabilities) {
    auto capability = capability_of(entry);
    if (!capability) return within("capabilities", std::move(capability).error());
    discovery.capabilities.push_back(*std::move(capability));
  }
  return discovery;
}

Result<std::string> path_for(const CoservDiscovery& discovery, const rats::CoservQuery& query,
                             std::string_view media_type) {
  const std::string_view artifact = artifact_of(query);
  const bool served = std::ranges::any_of(discovery.capabilities, [&](const CoservDiscovery::Capability& capability) {
    return rats::same_media_type(capability.media_type, media_type) && capability.profile == query.profile &&
           std::ranges::contains(capability.artifacts, artifact);
  });
  if (!served) {
    return fail(Errc::not_acceptable, std::format("the service does not serve {} artifacts of profile {} as {}",
                                                  artifact, query.profile, media_type));
  }
  TRY(const Bytes octets, rats::encode_coserv_query(query));
  std::string path = discovery.path;
  return path.replace(path.find(kVariable), kVariable.size(), to_base64url(octets));
}

}  // namespace credence::client
