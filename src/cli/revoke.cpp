// credence revoke: the deny list of a verifier.
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/files.h"
#include "cli/provisioning_options.h"
#include "cli/revocation_entry.h"
#include "cli/verb.h"
#include "client/revocation.h"
#include "crypto/certificate.h"
#include "crypto/certificate_name.h"
#include "crypto/hash.h"

namespace credence::cli {
namespace {

struct Options : ProvisioningOptions {
  std::string kind;
  std::string value;
  std::string issuer;
  std::string issuer_certificate;
  std::string reason;
  std::string lift;
  bool list = false;
};

Result<Bytes> spki_from(std::string_view pem) {
  if (const auto certificate = crypto::Certificate::from_pem(pem)) return to_bytes(certificate->spki());
  TRY(const crypto::PublicKey key, crypto::PublicKey::from_pem(pem));
  return to_bytes(key.spki());
}

Result<json::Object> entry_of_list(const Options& options) {
  if (options.issuer_certificate.empty())
    return fail(Errc::usage, "expected --issuer-certificate FILE: the certificate of whoever signed the list");
  TRY(const Bytes content, read_file(options.value));
  auto list = revocation_list_from(content);
  if (!list) return within(options.value, std::move(list).error());
  json::Object entry{{"kind", kListEntry}, {"value", to_base64(list->der())}};
  TRY(entry["issuer-certificate"], read_text_file(options.issuer_certificate));
  entry["reason"] = options.reason.empty() ? "certificate revocation list" : options.reason;
  return entry;
}

Result<json::Array> all_shown(const json::Array& entries) {
  json::Array all;
  for (const json::Value& entry : entries) {
    TRY(const json::Object* object, json::as_object(entry, "revocations"));
    all.push_back(shown(*object));
  }
  return all;
}

// Keys and certificates may be given as the PEM files that they are in.
Result<json::Object> entry_of(const Options& options) {
  if (options.kind == kListEntry) return entry_of_list(options);
  json::Object entry{{"kind", options.kind}, {"value", options.value}, {"reason", options.reason}};
  if (!options.issuer.empty()) entry["issuer"] = options.issuer;
  if (options.kind != "key" && options.kind != "signer" && options.kind != "certificate") return entry;
  const auto content = read_file(options.value);
  if (!content) return entry;
  const std::string_view pem = as_text(*content);
  if (options.kind == "certificate") {
    TRY(const crypto::Certificate certificate, crypto::Certificate::from_pem(pem));
    entry["value"] = to_hex(crypto::serial_of(certificate));
    entry["issuer"] = crypto::issuer_of(certificate);
    return entry;
  }
  TRY(const Bytes spki, spki_from(pem));
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, spki));
  entry["value"] = to_hex(digest.view());
  return entry;
}

Result<ExitStatus> revoke(const Options& options, const Output& output) {
  TRY(const client::Provisioning where, provisioning_from(options));
  if (options.list) {
    json::Object facts;
    TRY(const json::Array entries, client::revocations(where));
    TRY(facts["revocations"], all_shown(entries));
    output.facts(facts);
    return ExitStatus::done;
  }
  if (!options.lift.empty()) {
    CHECK(client::lift_revocation(options.lift, where));
    output.facts(json::Object{{"lifted", options.lift}});
    return ExitStatus::done;
  }
  const bool has_reason = !options.reason.empty() || options.kind == kListEntry;
  if (options.kind.empty() || options.value.empty() || !has_reason)
    return fail(Errc::usage, "expected KIND, VALUE and --reason TEXT, or --list, or --lift ID");
  TRY(const json::Object entry, entry_of(options));
  TRY(const json::Object made, client::revoke(entry, where));
  output.facts(shown(made));
  return ExitStatus::done;
}

}  // namespace

void add_revoke(CommandLine& line) {
  auto* command = line.app.add_subcommand(
      "revoke", "Revoke a key, an attester, a CoRIM or its signer at a verifier, or what a CRL names");
  auto options = std::make_shared<Options>();
  command->add_option("KIND", options->kind, "kid, key, instance, corim, signer, certificate or crl");
  command->add_option(
      "VALUE", options->value,
      "Hexadecimal; of a CoRIM its id; key, signer and certificate also as PEM file; of a crl the file");
  command->add_option("--reason", options->reason, "Why, for the log and for every refusal; a crl needs none");
  command->add_option("--issuer", options->issuer, "Of a certificate that is named by its serial number");
  command->add_option("--issuer-certificate", options->issuer_certificate,
                      "Of a crl: PEM file with the certificate of whoever signed it");
  command->add_flag("--list", options->list, "Show what is revoked");
  command->add_option("--lift", options->lift, "Id of a revocation that shall end");
  add_provisioning_options(*command, *options);
  on_call(line, command, options, revoke);
}

}  // namespace credence::cli
