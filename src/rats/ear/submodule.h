// One appraisal of an EAR, the value of a member of "submods", read from JSON, and what its members share with others.
#pragma once

#include "rats/ear/ear.h"
#include "rats/ear/names.h"

namespace credence::rats {

[[nodiscard]] Result<Submodule> submodule_from_json(const json::Value& value, const EarNames& names);

[[nodiscard]] Result<Tier> status_from_json(const json::Object& object, std::string_view member);

// An array of texts, for policy ids and warnings.
void write_texts(const std::vector<std::string>& texts, json::Array& array);
[[nodiscard]] Result<std::vector<std::string>> texts_from_json(const json::Value& value, std::string_view member);

}  // namespace credence::rats
