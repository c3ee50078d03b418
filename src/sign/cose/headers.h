// Header parameters of COSE (RFC 9052 section 3) as both buckets carry them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/limits.h"
#include "wire/cbor/reader.h"

namespace credence::cose {

using Label = std::variant<std::int64_t, std::string>;
// The labels of both buckets of one message.
using Labels = std::set<Label>;

// The content of the protected byte string; no octets mean no parameters. Adds its labels to `seen`.
[[nodiscard]] Result<Headers> decode_protected(ByteView octets, const cbor::Limits& limits, Labels& seen);
// The map of the unprotected bucket, which comes next on `reader`. A label that is in `seen` is refused.
[[nodiscard]] Result<Headers> decode_unprotected(cbor::Reader& reader, Labels& seen);

[[nodiscard]] Result<Bytes> encode_protected(const Headers& headers);

}  // namespace credence::cose
