#include "rats/ear/submodule.h"

#include <algorithm>
#include <format>

#include "base/text.h"

namespace credence::rats {
namespace {

constexpr std::array kTiers{Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated};

Result<std::int8_t> claim_from_json(const json::Value& value, std::string_view member) {
  if (!value.is_int64() || value.get_int64() < -128 || value.get_int64() > 127) {
    return fail_in(Errc::invalid_value, std::string(member), "expected an integer from -128 to 127");
  }
  return static_cast<std::int8_t>(value.get_int64());
}

Result<std::optional<TrustVector>> vector_from_json(const json::Object& submodule, std::string_view member) {
  TRY(const json::Object* object, json::optional_object(submodule, member));
  if (object == nullptr) return std::nullopt;
  TrustVector vector;
  for (const auto& [key, value] : *object) {
    // AR4SI has these eight claims and no others: one that is skipped could be the one that says contraindicated.
    const auto found = std::ranges::find(kTrustClaimNames, std::string_view(key));
    if (found == kTrustClaimNames.end()) {
      return fail_in(Errc::unsupported, std::format("{}.{}", member, std::string_view(key)),
                     "expected one of the eight trustworthiness claims of AR4SI");
    }
    Result<std::int8_t> claim = claim_from_json(value, key);
    if (!claim) return within(member, std::move(claim).error());
    vector.claims[static_cast<std::size_t>(found - kTrustClaimNames.begin())] = *claim;
  }
  return vector;
}

// One text in Veraison's spelling, an array of texts in the draft's.
Result<std::vector<std::string>> policy_ids_from_json(const json::Object& submodule, std::string_view member) {
  const json::Value* value = submodule.if_contains(member);
  if (value == nullptr) return std::vector<std::string>{};
  if (value->is_string()) return std::vector{std::string(value->get_string())};
  return texts_from_json(*value, member);
}

// {"akpub": base64url of the SubjectPublicKeyInfo}
Result<std::optional<Bytes>> attested_key_from_json(const json::Object& submodule, std::string_view member) {
  TRY(const json::Object* object, json::optional_object(submodule, member));
  if (object == nullptr) return std::nullopt;
  Result<std::string_view> text = json::required_text(*object, "akpub");
  if (!text) return within(member, std::move(text).error());
  Result<Bytes> key = from_base64url(*text);
  if (!key) return within(std::format("{}.akpub", member), std::move(key).error());
  return *std::move(key);
}

Result<json::Object> object_or_empty(const json::Object& submodule, std::string_view member) {
  TRY(const json::Object* object, json::optional_object(submodule, member));
  return object == nullptr ? json::Object{} : *object;
}

}  // namespace

// Text, or the number of the tier. What is no known status is refused: taken for any known one, a verdict that was
// never given would be read.
Result<Tier> status_from_json(const json::Object& object, std::string_view member) {
  const json::Value* value = object.if_contains(member);
  if (value == nullptr)
    return fail_in(Errc::missing_member, std::string(member), "expected the status of the appraisal");
  const auto is_meant = [&](Tier tier) {
    if (value->is_string()) return value->get_string() == name(tier);
    return value->is_int64() && value->get_int64() == static_cast<std::int64_t>(tier);
  };
  const auto found = std::ranges::find_if(kTiers, is_meant);
  if (found == kTiers.end()) {
    return fail_in(Errc::invalid_value, std::string(member),
                   "expected none, affirming, warning or contraindicated (0, 2, 32, 96), got " + json::to_text(*value));
  }
  return *found;
}

void write_texts(const std::vector<std::string>& texts, json::Array& array) {
  array.reserve(texts.size());
  for (const std::string& text : texts) array.emplace_back(std::string_view(text));
}

Result<std::vector<std::string>> texts_from_json(const json::Value& value, std::string_view member) {
  const json::Array* array = value.if_array();
  if (array == nullptr) return fail_in(Errc::unexpected_type, std::string(member), "expected an array of strings");
  std::vector<std::string> texts;
  for (const json::Value& element : *array) {
    if (!element.is_string())
      return fail_in(Errc::unexpected_type, std::string(member), "expected strings in the array");
    texts.emplace_back(element.get_string());
  }
  return texts;
}

Result<Submodule> submodule_from_json(const json::Value& value, const EarNames& names) {
  const json::Object* object = value.if_object();
  if (object == nullptr) return fail(Errc::unexpected_type, "expected an object");
  Submodule submodule;
  TRY(submodule.status, status_from_json(*object, names.status));
  TRY(submodule.vector, vector_from_json(*object, names.trustworthiness_vector));
  TRY(submodule.policy_ids, policy_ids_from_json(*object, names.policy_id));
  TRY(submodule.attested_key, attested_key_from_json(*object, names.key_attestation));
  TRY(submodule.annotated_evidence, object_or_empty(*object, names.annotated_evidence));
  TRY(submodule.policy_claims, object_or_empty(*object, names.policy_claims));
  return submodule;
}

}  // namespace credence::rats
