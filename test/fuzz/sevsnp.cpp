// SEV-SNP evidence in any of its forms, and what stands in it alone: nothing crashes, and nothing is affirmed that
// nobody endorsed. The first octet chooses.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "evidence/sevsnp/check.h"
#include "evidence/sevsnp/tsm_report.h"

namespace {

using namespace credence;
namespace snp = evidence::sevsnp;

constexpr std::array<std::string_view, 3> kTypes = {snp::kTsmReportCbor, snp::kTsmReportJson, snp::kRatsdToken};

void read_report(ByteView octets) {
  const auto report = snp::decode_report(octets);
  if (!report) return;
  if (octets.size() != snp::kReportSize || report->signed_octets.size() != snp::kSignedSize) std::abort();
  static_cast<void>(snp::claims_of(*report));
}

void read_evidence(std::string_view type, ByteView octets) {
  const auto statements = snp::decode_statements(type, octets);
  if (!statements) return;
  static_cast<void>(snp::check_challenge(*statements, Nonce(statements->report.report_data)));
  static_cast<void>(snp::check_report(*statements));
  if (snp::check_chain(*statements, {}, Timestamp{})) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  if (data[0] < kTypes.size())
    read_evidence(kTypes.at(data[0]), rest);
  else if (data[0] == 3)
    read_report(rest);
  else
    static_cast<void>(snp::decode_certificate_table(rest));
  return 0;
}
