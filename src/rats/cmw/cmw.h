// RATS Conceptual Message Wrapper (draft-ietf-rats-msg-wrap): record, tag and collection, in CBOR and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::rats {

// CoAP content format or media type. Media types compare type/subtype without regard to case, parameters exactly.
using CmwType = std::variant<std::uint16_t, std::string>;
[[nodiscard]] bool same_media_type(std::string_view left, std::string_view right) noexcept;

// Bits of `ind`.
enum CmwIndicator : std::uint32_t {
  kCmwReferenceValues = 1,
  kCmwEndorsements = 2,
  kCmwEvidence = 4,
  kCmwAttestationResults = 8,
  kCmwAppraisalPolicy = 16,
};

struct CmwRecord {
  CmwType type;
  Bytes value;
  std::optional<std::uint32_t> indicator;
};

using CmwLabel = std::variant<std::int64_t, std::string>;
struct CmwEntry;
struct CmwCollection {
  std::optional<std::string> collection_type;  // "__cmwc_t": absolute URI or dotted OID
  std::vector<CmwEntry> entries;               // at least one, labels distinct
};

// A tag CMW (#6.TN(bstr)) decodes to a record with a content format.
struct Cmw {
  std::variant<CmwRecord, CmwCollection> content;
};

struct CmwEntry {
  CmwLabel label;
  Cmw cmw;
};

struct CmwLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 4;  // collections within one another
  std::size_t entries = 256;
};

// Tells CBOR and JSON, record, tag and collection apart by the first octet.
[[nodiscard]] Result<Cmw> decode_cmw(ByteView input, const CmwLimits& limits = {});
// As decode_cmw, and fails with Errc::unexpected_type when it is a collection.
[[nodiscard]] Result<CmwRecord> decode_cmw_record(ByteView input, const CmwLimits& limits = {});

[[nodiscard]] Bytes encode_cmw_cbor(const Cmw& cmw);
[[nodiscard]] Bytes encode_cmw_cbor(const CmwRecord& record);
// JSON has neither content formats nor integer labels: Errc::invalid_value for them.
[[nodiscard]] Result<std::string> encode_cmw_json(const Cmw& cmw);
// #6.TN(cf)(bstr), TN(cf) = 1668546817 + (cf div 255) * 256 + cf mod 255; Errc::invalid_value for cf over 65024.
[[nodiscard]] Result<Bytes> encode_cmw_tag(std::uint16_t content_format, ByteView value);

}  // namespace credence::rats
