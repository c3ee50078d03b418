#include "service/verifier/session_json.h"

#include "base/text.h"
#include "wire/json/json.h"

namespace credence::service {

std::string encode_nonce(ByteView nonce, NonceDialect dialect) {
  switch (dialect) {
    case NonceDialect::url_padded:
      return to_base64url_padded(nonce);
    case NonceDialect::standard:
      return to_base64(nonce);
    case NonceDialect::url:
      break;
  }
  return to_base64url(nonce);
}

// By hand, since it is written twice for each session; what might need escapes gets them.
std::string session_to_json(const Session& session, std::string_view accept, NonceDialect dialect) {
  constexpr std::size_t kNamesAndTimes = 256;
  const std::size_t evidence = session.evidence == nullptr ? 0 : session.evidence->size();
  std::string text;
  text.reserve(kNamesAndTimes + accept.size() + session.result.size() + evidence * 4 / 3);
  text.append(R"({"status":")").append(name(session.status));
  text.append(R"(","nonce":")").append(encode_nonce(session.nonce.view(), dialect));
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
  return text.append("}");
}

}  // namespace credence::service
