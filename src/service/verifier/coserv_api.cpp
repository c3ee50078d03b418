#include "service/verifier/coserv_api.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "rats/coserv/coserv.h"
#include "rats/media_type.h"
#include "service/http/accept.h"
#include "service/http/concise_problem.h"
#include "service/http/date.h"
#include "service/verifier/coserv_answer.h"
#include "service/verifier/coserv_discovery.h"

namespace credence::service {
namespace {

// The whole answer costs a walk over the store, so queries are small.
constexpr rats::CoservLimits kQueryLimits{.bytes = 16 << 10, .depth = 16, .items = 1'024, .selectors = 16};

// Signed where the client takes it: an answer may be kept and handed on. Errc::not_acceptable.
Result<std::string_view> negotiate(const http::Request& request) {
  const std::string accept = request.list_header("Accept");
  for (const std::string_view type : {rats::kSignedCoservMediaType, rats::kCoservMediaType}) {
    TRY(const bool accepted, http::accepts(accept, type));
    if (accepted) return type;
  }
  return fail(Errc::not_acceptable,
              std::format("the answer is of type {} or {}", rats::kSignedCoservMediaType, rats::kCoservMediaType));
}

// A client that names a profile in Accept means that of its query (section 6.1.3).
Result<void> check_profile(const http::Request& request, std::string_view profile) {
  const std::string accept = request.list_header("Accept");
  if (accept.contains(',')) return {};  // several types: the one in the query is decisive
  const auto named = rats::parse_media_type(accept);
  const auto parameter = named ? named->parameter("profile") : std::nullopt;
  if (!parameter || *parameter == profile) return {};
  return fail(Errc::not_acceptable, std::format("the query is of profile {}, Accept asks for {}", profile, *parameter));
}

Result<rats::CoservQuery> query_of(const http::Request& request) {
  const auto octets = from_base64url(request.path_parameters.front());
  if (!octets) return fail(Errc::malformed, "expected the query in base64url without padding");
  return rats::decode_coserv_query(*octets, kQueryLimits);
}

// In steps of a quarter of the lifetime: the same question within one has the same answer, octet for octet.
Timestamp expiry_of(Timestamp now, Seconds lifetime) {
  const auto step = std::chrono::milliseconds(lifetime) / 4;
  return Timestamp(now.time_since_epoch() / step * step) + lifetime;
}

Result<std::string> entity_tag(ByteView body) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, body));
  return std::format("\"{}\"", to_hex(digest.view().first(16)));
}

}  // namespace

http::Response CoservApi::query(const http::Request& request) const {
  const auto answer = [&]() -> Result<http::Response> {
    TRY(const Timestamp now, parts_->clock->checked_now());
    TRY(const std::string_view type, negotiate(request));
    TRY(const rats::CoservQuery query, query_of(request));
    CHECK(check_profile(request, query.profile));
    const crypto::PrivateKey key = parts_->key(now);
    TRY(const rats::CoservResults results, answer_coserv(*parts_->store, query,
                                                         {.now = now,
                                                          .expires = expiry_of(now, parts_->lifetime),
                                                          .own_authority = authority_of(key.public_key())}));
    // The tag is of what is said: signatures differ each time.
    TRY(const Bytes said, rats::encode_coserv(query, results));
    http::Response response;
    if (type == rats::kSignedCoservMediaType) {
      TRY(const Bytes kid, coserv_kid(key.public_key()));
      TRY(const Bytes octets, rats::sign_coserv(query, results, key, kid, now));
      response.body = std::string(as_text(octets));
    } else {
      response.body = std::string(as_text(said));
    }
    TRY(const std::string tag, entity_tag(said));
    const auto fresh = std::chrono::floor<Seconds>(results.expires - now);
    response.headers = {{"Content-Type", std::format("{}; profile=\"{}\"", type, query.profile)},
                        {"Cache-Control", std::format("max-age={}", std::max<std::int64_t>(fresh.count(), 0))},
                        {"Expires", http::to_imf_fixdate(results.expires)},
                        {"ETag", tag},
                        {"Vary", "Accept"}};
    // RFC 9110 section 13.1.2: what the client has is what it would get.
    if (request.list_header("If-None-Match").contains(tag)) {
      response.status = http::kNotModified;
      response.body.clear();
    }
    return response;
  }();
  if (answer) return *answer;
  http::Response refusal = http::concise_problem(answer.error());
  if (answer.error().code == Errc::unsupported) refusal.status = http::kBadRequest;
  if (refusal.status >= http::kInternalServerError) parts_->log->write(LogLevel::error, answer.error().text());
  return refusal;
}

http::Response CoservApi::configuration(const http::Request& request) const {
  return coserv_configuration(request, parts_->key(parts_->clock->now()).public_key(), parts_->version);
}

void CoservApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::query_coserv, [api = *this](const Request& request) { return api.query(request); });
  routes.add(Operation::discover_coserv, [api = *this](const Request& request) { return api.configuration(request); });
}

}  // namespace credence::service
