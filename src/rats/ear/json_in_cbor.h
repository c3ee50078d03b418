// JSON values inside a CBOR claims-set: annotated evidence, policy claims and what Credence adds have no CBOR form of
// their own.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/reader.h"
#include "wire/json/json.h"

namespace credence::rats {

// Integers, texts, booleans, null, arrays and maps with texts as keys; Errc::too_deep beyond 16 levels.
[[nodiscard]] Result<Bytes> json_to_cbor(const json::Value& value);

// The next item. Beyond what json_to_cbor() writes: byte strings become base64url, integer keys their decimal digits,
// tags are left out. Errc::duplicate_key when two keys become the same text; Errc::unsupported for what JSON cannot
// say.
[[nodiscard]] Result<json::Value> json_from_cbor(cbor::Reader& reader);

}  // namespace credence::rats
