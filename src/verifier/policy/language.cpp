#include "verifier/policy/language.h"

#include <utility>

namespace credence::verifier {

Result<json::Object> PolicyInput::to_json() const {
  TRY(json::Object claims, evidence());
  TRY(json::Array known, endorsements());
  return json::Object{
      {"scheme", scheme},     {"submod", submodule}, {"evidence", std::move(claims)},   {"result", result()},
      {"session", session()}, {"names", names()},    {"endorsements", std::move(known)}};
}

}  // namespace credence::verifier
