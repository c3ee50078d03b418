#include "client/provision.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "client/bearer.h"
#include "client/refusal.h"
#include "client/url.h"
#include "rats/corim/corim.h"
#include "rats/corim/media_types.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

constexpr std::string_view kProvisioningSession = "application/vnd.veraison.provisioning-session+json";
constexpr std::uint8_t kSign1Tag = 0xd2;  // #6.18, the first octet of every signed CoRIM

Result<ProvisioningOutcome> parse_outcome(std::string_view text) {
  TRY(const json::Value value, json::parse(text));
  TRY(const json::Object* const object, json::as_object(value, "provisioning session"));
  TRY(const std::string_view status, json::required_text(*object, "status"));
  TRY(const auto reason, json::optional_text(*object, "failure-reason"));
  ProvisioningOutcome outcome{
      .success = status == "success", .duplicate = false, .failure_reason = std::string(reason.value_or(""))};
  if (!outcome.success && status != "failed") {
    return fail_in(Errc::invalid_value, "status", std::format("expected success or failed, got \"{}\"", status));
  }
  if (const auto* const duplicate = object->if_contains("duplicate")) {
    outcome.duplicate = duplicate->is_bool() && duplicate->get_bool();
  }
  return outcome;
}

}  // namespace

Result<void> authorize(HttpRequest& request, const Provisioning& where) {
  if (!where.token) return {};
  TRY(std::string value, authorization(*where.token));
  request.headers.emplace_back("Authorization", std::move(value));
  return {};
}

Result<std::string> corim_media_type(ByteView corim) {
  rats::CorimMediaType type;
  if (!corim.empty() && corim.front() == kSign1Tag) {
    TRY(const rats::SignedCorim decoded, rats::decode_signed_corim(corim));
    type = {.form = rats::CorimForm::signed_corim, .profile = decoded.corim.profile};
  } else {
    TRY(const rats::Corim decoded, rats::decode_corim(corim));
    type = {.form = rats::CorimForm::unsigned_corim, .profile = decoded.profile};
  }
  if (!type.profile) return fail(Errc::missing_member, "the CoRIM has no profile: no verifier knows what it means");
  return rats::to_text(type);
}

Result<ProvisioningOutcome> provision(ByteView corim, const Provisioning& where) {
  TRY(std::string media_type, corim_media_type(corim));
  HttpRequest submission{.method = HttpMethod::post,
                         .url = endpoint(where.url, "/endorsement-provisioning/v1/submit"),
                         .headers = {{"Accept", std::string(kProvisioningSession)}, {"Content-Type", media_type}},
                         .body = to_bytes(corim)};
  CHECK(authorize(submission, where));
  TRY(const HttpResponse response, request(submission, where.http));
  if (response.status != 200) return std::unexpected(refusal_of(response, submission.url));
  auto outcome = parse_outcome(response.text());
  if (!outcome) {
    return fail_in(Errc::unavailable, submission.url, "expected a provisioning session: " + outcome.error().text());
  }
  return outcome;
}

}  // namespace credence::client
