// credence doctor: what an installation needs, what is there, and what to do about the rest.
#include <chrono>
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/verb.h"
#include "client/http.h"
#include "crypto/openssl/native.h"
#include "rot/tpm2/tpm2.h"

namespace credence::cli {
namespace {

struct Options {
  std::string tcti;
  std::string state;
  std::string verifier;
  std::string verifier_ca;
};

enum class Grade : std::uint8_t { good, note, bad };

struct Finding {
  std::string subject;
  Grade grade = Grade::good;
  std::string text;
};

Finding check_openssl() {
  const std::string version = OpenSSL_version(OPENSSL_VERSION_STRING);
  const bool recent = OpenSSL_version_num() >= 0x30500000UL;
  return {.subject = "OpenSSL",
          .grade = recent ? Grade::good : Grade::bad,
          .text = recent ? version : "expected 3.5 or newer, got " + version};
}

// Results are valid for minutes: a clock that is far off refuses them all.
Finding check_clock() {
  const Timestamp now = system_clock()->now();
  constexpr Timestamp kReleased{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};
  return {.subject = "clock",
          .grade = now > kReleased ? Grade::good : Grade::bad,
          .text = now > kReleased ? to_rfc3339(now) : to_rfc3339(now) + " is before this release: set the clock"};
}

std::vector<Finding> check_tpm(const Options& options) {
  if (options.tcti.empty()) {
    return {{.subject = "TPM", .grade = Grade::note, .text = "not checked: give --tcti STR and --state DIR"}};
  }
  rot::tpm2::Options device_options;
  device_options.tcti = options.tcti;
  device_options.state_directory = options.state;
  const auto device = rot::tpm2::Device::open(std::move(device_options));
  if (!device) return {{.subject = "TPM", .grade = Grade::bad, .text = device.error().text()}};
  const rot::tpm2::Maker& maker = (*device)->maker();
  std::vector<Finding> findings{
      {.subject = "TPM",
       .grade = maker.software ? Grade::note : Grade::good,
       .text = std::format("{} {} {}{}", maker.manufacturer, maker.vendor, maker.firmware,
                           maker.software ? ": a software TPM, which proves the plumbing and not the machine" : "")}};
  const bool sha384 = (*device)->can_bind(crypto::HashAlgorithm::sha384);
  findings.push_back(
      {.subject = "TPM hashes",
       .grade = sha384 ? Grade::good : Grade::note,
       .text = sha384 ? "SHA-256 and SHA-384" : "no SHA-384: TLS_AES_256_GCM_SHA384 will not be offered"});
  findings.push_back({.subject = "TLS key", .text = to_hex((*device)->tls_key()->public_key().spki())});
  return findings;
}

Finding check_verifier(const Options& options) {
  if (options.verifier.empty()) {
    return {.subject = "verifier", .grade = Grade::note, .text = "not checked: give --verifier URL"};
  }
  client::HttpOptions http;
  if (!options.verifier_ca.empty()) http.ca_file = options.verifier_ca;
  http.allow_insecure_http = true;
  const auto answer = client::request({.method = client::HttpMethod::get,
                                       .url = options.verifier + "/.well-known/veraison/verification",
                                       .headers = {{"Accept", "application/vnd.veraison.discovery+json"}},
                                       .body = {}},
                                      http);
  if (!answer) return {.subject = "verifier", .grade = Grade::bad, .text = answer.error().text()};
  if (answer->status != 200) {
    return {.subject = "verifier",
            .grade = Grade::bad,
            .text = std::format("expected status 200 from discovery, got {}", answer->status)};
  }
  return {.subject = "verifier", .text = options.verifier + " answers"};
}

std::string_view name(Grade grade) noexcept {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::note:
      return "note";
    case Grade::bad:
      return "bad";
  }
  return "bad";
}

Result<ExitStatus> doctor(const Options& options, const Output& output) {
  std::vector<Finding> findings{check_openssl(), check_clock()};
  for (auto& finding : check_tpm(options)) findings.push_back(std::move(finding));
  findings.push_back(check_verifier(options));
  ExitStatus status = ExitStatus::done;
  json::Array rows;
  for (const Finding& finding : findings) {
    if (finding.grade == Grade::bad) status = ExitStatus::refused;
    rows.emplace_back(
        json::Object{{"subject", finding.subject}, {"grade", name(finding.grade)}, {"text", finding.text}});
    output.line(std::format("{:5} {:12} {}", name(finding.grade), finding.subject, printable(finding.text)));
  }
  if (output.as_json()) output.facts({{"findings", std::move(rows)}});
  return status;
}

}  // namespace

void add_doctor(CommandLine& line) {
  auto* command = line.app.add_subcommand("doctor", "Check what an installation needs and say what to do");
  auto options = std::make_shared<Options>();
  command->add_option("--tcti", options->tcti, "Check this TPM");
  command->add_option("--state", options->state, "Folder of the keys' authorization values");
  command->add_option("--verifier", options->verifier, "Check this verifier");
  command->add_option("--verifier-ca", options->verifier_ca, "CA of its certificate, PEM");
  on_call(line, command, options, doctor);
}

}  // namespace credence::cli
