// A report of SEV-SNP and the certificates beside it, as facts.
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/inspect/describe.h"
#include "evidence/sevsnp/certificate_table.h"
#include "evidence/sevsnp/report.h"
#include "evidence/sevsnp/vek.h"

namespace credence::cli {
namespace {

namespace snp = evidence::sevsnp;

json::Object describe_certificate(const crypto::Certificate& certificate) {
  return {{"subject", certificate.subject()},
          {"not before", to_rfc3339(certificate.not_before())},
          {"not after", to_rfc3339(certificate.not_after())}};
}

json::Object describe_vek(const crypto::Certificate& certificate) {
  json::Object facts = describe_certificate(certificate);
  const auto vek = snp::read_vek(certificate);
  if (!vek) {
    facts["error"] = vek.error().text();
    return facts;
  }
  facts["product"] = snp::name(vek->product);
  facts["TCB"] = vek->tcb.text();
  if (vek->hardware_id) facts["hwID"] = to_hex(*vek->hardware_id);
  if (vek->csp_id) facts["cspID"] = *vek->csp_id;
  return facts;
}

json::Object describe_table(ByteView octets) {
  const auto table = snp::decode_certificate_table(octets);
  if (!table) return {{"error", table.error().text()}};
  json::Object facts;
  if (table->vcek) facts["VCEK"] = describe_vek(*table->vcek);
  if (table->vlek) facts["VLEK"] = describe_vek(*table->vlek);
  if (table->ask) facts["ASK"] = describe_certificate(*table->ask);
  if (table->ark) facts["ARK"] = describe_certificate(*table->ark);
  return facts;
}

}  // namespace

json::Object describe_tsm_report(const snp::TsmReport& tsm) {
  json::Object facts;
  if (const auto report = snp::decode_report(tsm.outblob))
    facts["report"] = snp::claims_of(*report);
  else
    facts["report"] = json::Object{{"error", report.error().text()}};
  facts["certificates"] = describe_table(tsm.auxblob);
  if (tsm.eat_nonce) facts["eat_nonce"] = to_hex(*tsm.eat_nonce);
  return facts;
}

}  // namespace credence::cli
