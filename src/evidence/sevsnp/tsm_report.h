// What Linux' configfs-tsm gives to a guest, in the three forms in which Veraison's clients carry it
// (docs/formats/evidence-sevsnp.md).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::evidence::sevsnp {

inline constexpr std::string_view kTsmReportCbor = "application/vnd.veraison.tsm-report+cbor";
inline constexpr std::string_view kTsmReportJson = "application/vnd.veraison.tsm-report+json";
// Its name until 2026; still written by some.
inline constexpr std::string_view kConfigfsTsmJson = "application/vnd.veraison.configfs-tsm+json";
// ratsd's token: JSON, whatever its name says.
inline constexpr std::string_view kRatsdToken =
    R"(application/eat+cwt; eat_profile="tag:github.com,2025:veraison/ratsd/cmw")";

struct TsmReport {
  Bytes outblob;                   // the report
  Bytes auxblob;                   // the table of certificates
  std::optional<Bytes> eat_nonce;  // what ratsd says beside it; nobody signs it
};

// `media_type` is one of the four. Errc::unsupported for a provider other than sev_guest.
[[nodiscard]] Result<TsmReport> decode_tsm_report(std::string_view media_type, ByteView octets);

}  // namespace credence::evidence::sevsnp
