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

std::string session_to_json(const Session& session, const std::vector<std::string>& accept, NonceDialect dialect) {
  json::Object object{{"status", name(session.status)},
                      {"nonce", encode_nonce(session.nonce.view(), dialect)},
                      {"expiry", to_rfc3339(session.expiry)},
                      {"accept", json::Array(accept.begin(), accept.end())}};
  if (session.evidence != nullptr) {
    object["evidence"] = json::Object{{"type", session.evidence_type}, {"value", to_base64(*session.evidence)}};
  }
  if (session.result.empty()) return json::to_text(object);
  object["result"] = session.result;
  if (session.request.as_cwt) object["result-type"] = kCwtMediaType;
  return json::to_text(object);
}

}  // namespace credence::service
