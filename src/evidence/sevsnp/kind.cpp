#include "evidence/sevsnp/kind.h"

#include "base/text.h"
#include "evidence/sevsnp/certificate_table.h"
#include "evidence/sevsnp/report.h"
#include "evidence/sevsnp/tsm_report.h"
#include "evidence/sevsnp/vek.h"

namespace credence::evidence {
namespace sevsnp {
namespace {

json::Object describe_certificate(const crypto::Certificate& certificate) {
  return {{"subject", certificate.subject()},
          {"not before", to_rfc3339(certificate.not_before())},
          {"not after", to_rfc3339(certificate.not_after())}};
}

json::Object describe_vek(const crypto::Certificate& certificate) {
  json::Object facts = describe_certificate(certificate);
  const auto vek = read_vek(certificate);
  if (!vek) {
    facts["error"] = vek.error().text();
    return facts;
  }
  facts["product"] = name(vek->product);
  facts["TCB"] = vek->tcb.text();
  if (vek->hardware_id) facts["hwID"] = to_hex(*vek->hardware_id);
  if (vek->csp_id) facts["cspID"] = *vek->csp_id;
  return facts;
}

json::Object describe_table(ByteView octets) {
  const auto table = decode_certificate_table(octets);
  if (!table) return {{"error", table.error().text()}};
  json::Object facts;
  if (table->vcek) facts["VCEK"] = describe_vek(*table->vcek);
  if (table->vlek) facts["VLEK"] = describe_vek(*table->vlek);
  if (table->ask) facts["ASK"] = describe_certificate(*table->ask);
  if (table->ark) facts["ARK"] = describe_certificate(*table->ark);
  return facts;
}

// What does not decode in it is shown with its error.
json::Object facts_of(const TsmReport& tsm) {
  json::Object facts;
  if (const auto report = decode_report(tsm.outblob))
    facts["report"] = claims_of(*report);
  else
    facts["report"] = json::Object{{"error", report.error().text()}};
  facts["certificates"] = describe_table(tsm.auxblob);
  if (tsm.eat_nonce) facts["eat_nonce"] = to_hex(*tsm.eat_nonce);
  return facts;
}

Result<json::Object> describe_cbor(ByteView octets) {
  return decode_tsm_report(kTsmReportCbor, octets).transform(facts_of);
}

Result<json::Object> describe_json(ByteView octets) {
  return decode_tsm_report(kTsmReportJson, octets).transform(facts_of);
}

Result<json::Object> describe_ratsd(ByteView octets) {
  return decode_tsm_report(kRatsdToken, octets).transform(facts_of);
}

Result<json::Object> describe_report(ByteView octets) { return decode_report(octets).transform(claims_of); }

}  // namespace
}  // namespace sevsnp

const Kind& sevsnp_kind() {
  static constexpr std::string_view kFormat = "SEV-SNP evidence (report and certificates)";
  static const Kind kind{
      .name = "SEV-SNP",
      .forms = {{.shape = Shape::cbor,
                 .media_types = {sevsnp::kTsmReportCbor},
                 .format = kFormat,
                 .describe = sevsnp::describe_cbor},
                {.shape = Shape::json,
                 .media_types = {sevsnp::kTsmReportJson, sevsnp::kConfigfsTsmJson},
                 .format = kFormat,
                 .describe = sevsnp::describe_json},
                {.shape = Shape::json,
                 .media_types = {sevsnp::kRatsdToken},
                 .format = kFormat,
                 .describe = sevsnp::describe_ratsd},
                {.shape = Shape::binary, .format = "SEV-SNP attestation report", .describe = sevsnp::describe_report}}};
  return kind;
}

}  // namespace credence::evidence
