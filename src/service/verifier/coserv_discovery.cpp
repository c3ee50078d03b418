#include "service/verifier/coserv_discovery.h"

#include <array>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rats/coserv/coserv.h"
#include "service/http/accept.h"
#include "service/http/concise_problem.h"
#include "sign/cose/key.h"
#include "sign/jose/jwk.h"
#include "verifier/scheme/scheme.h"
#include "wire/cbor/writer.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

constexpr std::string_view kJson = "application/coserv-discovery+json";
constexpr std::string_view kCbor = "application/coserv-discovery+cbor";
constexpr std::string_view kEndpointName = "CoSERVRequestResponse";
constexpr std::string_view kEndpoint = "/endorsement-distribution/v1/coserv/{query}";
constexpr std::array<std::string_view, 3> kArtifacts = {"source", "collected", "rims"};  // in the CDDL's order

// One for each form and profile.
std::vector<std::string> media_types() {
  std::vector<std::string> types;
  for (const std::string_view type : {rats::kSignedCoservMediaType, rats::kCoservMediaType})
    for (const std::string_view profile : verifier::corim_profiles())
      types.push_back(std::format("{}; profile=\"{}\"", type, profile));
  return types;
}

Result<std::string> in_json(const crypto::PublicKey& key, std::string_view version) {
  json::Array capabilities;
  for (const std::string& type : media_types()) {
    json::Object capability{{"media-type", type}};
    capability["artifact-support"] = json::Array(kArtifacts.begin(), kArtifacts.end());
    capabilities.push_back(std::move(capability));
  }
  TRY(json::Object jwk, jose::jwk_from_key(key));
  json::Object document{{"version", version}};
  document["capabilities"] = std::move(capabilities);
  document["api-endpoints"] = json::Object{{kEndpointName, kEndpoint}};
  json::Array keys;
  keys.push_back(std::move(jwk));
  document["result-verification-key"] = std::move(keys);
  return json::to_text(document);
}

Result<std::string> in_cbor(const crypto::PublicKey& key, std::string_view version) {
  const std::vector<std::string> types = media_types();
  TRY(const Bytes cose_key, cose::encode_key(key));
  cbor::Writer writer;
  writer.map(4).integer(1).text(version);
  writer.integer(2).array(types.size());
  for (const std::string& type : types) {
    writer.map(2).integer(1).text(type);
    writer.integer(2).array(kArtifacts.size());
    for (const std::string_view artifact : kArtifacts) writer.text(artifact);
  }
  writer.integer(3).map(1).text(kEndpointName).text(kEndpoint);
  writer.integer(4).array(1).raw_item(cose_key);
  return std::string(as_text(writer.take()));
}

// JSON unless only CBOR is accepted.
Result<std::string_view> negotiate(const http::Request& request) {
  const std::string accept = request.list_header("Accept");
  for (const std::string_view type : {kJson, kCbor}) {
    TRY(const bool accepted, http::accepts(accept, type));
    if (accepted) return type;
  }
  return fail(Errc::not_acceptable, std::format("the answer is of type {} or {}", kJson, kCbor));
}

}  // namespace

http::Response coserv_configuration(const http::Request& request, const crypto::PublicKey& key,
                                    std::string_view version) {
  const auto answer = [&]() -> Result<http::Response> {
    TRY(const std::string_view type, negotiate(request));
    http::Response response;
    TRY(response.body, type == kJson ? in_json(key, version) : in_cbor(key, version));
    response.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "max-age=60"}, {"Vary", "Accept"}};
    return response;
  }();
  return answer ? *answer : http::concise_problem(answer.error());
}

Result<Bytes> coserv_kid(const crypto::PublicKey& key) {
  TRY(const std::string thumbprint, jose::thumbprint(key));
  return from_base64url(thumbprint);
}

rats::CryptoKey authority_of(const crypto::PublicKey& key) {
  return {.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key.pem()))};
}

}  // namespace credence::service
