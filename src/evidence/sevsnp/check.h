// SEV-SNP evidence: a report, the key that signed it, and what can be checked of the two without reference values.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/certificate.h"
#include "evidence/sevsnp/certificate_table.h"
#include "evidence/sevsnp/report.h"
#include "evidence/sevsnp/vek.h"

namespace credence::evidence::sevsnp {

struct Statements {
  Report report;
  CertificateTable certificates;
  Vek vek;                         // as the report's SIGNING_KEY names it
  std::optional<Bytes> eat_nonce;  // of ratsd's token
};

// `media_type` is one of tsm_report.h.
[[nodiscard]] Result<Statements> decode_statements(std::string_view media_type, ByteView octets);

// REPORT_DATA is this nonce, all 64 octets of it.
[[nodiscard]] Result<void> check_challenge(const Statements& statements, const Nonce& nonce);

// Roots are given, never taken from the evidence: an ARK that comes along must be one of them.
struct Roots {
  std::vector<crypto::Certificate> arks;
  std::vector<crypto::Certificate> asks;  // for evidence that brings none
};
[[nodiscard]] Result<void> check_chain(const Statements& statements, const Roots& roots, Timestamp at);
// The report is signed by the VEK, which is one of this chip and of the TCB that the report states.
[[nodiscard]] Result<void> check_report(const Statements& statements);

}  // namespace credence::evidence::sevsnp
