#include "service/verifier/session_json.h"

#include "base/text.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

constexpr std::size_t base64_size(std::size_t octets) noexcept { return (octets + 2) / 3 * 4; }

// A little more than it will be, and not much: up to a kilobyte, which an open session takes, the heap gives out at
// once.
std::size_t expected_size(const Session& session, std::string_view accept) noexcept {
  constexpr std::size_t kStatusAndExpiry = 96, kEvidence = 48, kResult = 16, kResultType = 96;
  std::size_t size = kStatusAndExpiry + base64_size(session.nonce.view().size()) + accept.size();
  if (session.evidence != nullptr)
    size += kEvidence + session.evidence_type.size() + base64_size(session.evidence->size());
  if (!session.result.empty()) size += kResult + session.result.size() + (session.request.as_cwt ? kResultType : 0);
  return size;
}

}  // namespace

void append_nonce(std::string& to, ByteView nonce, NonceDialect dialect) {
  switch (dialect) {
    case NonceDialect::url_padded:
      return append_base64url_padded(to, nonce);
    case NonceDialect::standard:
      return append_base64(to, nonce);
    case NonceDialect::url:
      break;
  }
  append_base64url(to, nonce);
}

// By hand, since it is written twice for each session; what might need escapes gets them.
std::string session_to_json(const Session& session, std::string_view accept, NonceDialect dialect) {
  std::string text;
  text.reserve(expected_size(session, accept));
  text.append(R"({"status":")").append(name(session.status));
  append_nonce(text.append(R"(","nonce":")"), session.nonce.view(), dialect);
  text.append(R"(","expiry":")").append(to_rfc3339(session.expiry));
  text.append(R"(","accept":)").append(accept);
  if (session.evidence != nullptr) {
    json::append_string(text.append(R"(,"evidence":{"type":)"), session.evidence_type);
    append_base64(text.append(R"(,"value":")"), *session.evidence);
    text.append(R"("})");
  }
  if (!session.result.empty()) {
    json::append_string(text.append(R"(,"result":)"), session.result);
    if (session.request.as_cwt) json::append_string(text.append(R"(,"result-type":)"), kCwtMediaType);
  }
  text.append("}");
  return text;
}

}  // namespace credence::service
