// credence doctor: what an installation needs, what is there, and what to do about the rest.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/scratch_folder.h"
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
  bool undecided = false;  // what is asked about does not answer
};

Finding failed(std::string subject, const Error& error) {
  return {
      .subject = std::move(subject), .grade = Grade::bad, .text = error.text(), .undecided = is_undecided(error.code)};
}

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

// libtpms would make the file.
bool is_missing_file(std::string_view tcti) {
  constexpr std::string_view kLibtpms = "libtpms:";
  std::error_code unknown;
  return tcti.starts_with(kLibtpms) && !std::filesystem::exists(tcti.substr(kLibtpms.size()), unknown);
}

// Opening the device makes those that are missing.
bool has_all_keys(const std::string& state) {
  constexpr std::ptrdiff_t kKeys = 3;  // two attestation keys and the TLS key
  std::error_code unknown;
  std::filesystem::directory_iterator files(state, unknown);
  if (unknown) return false;
  return std::ranges::count_if(files, [](const auto& file) { return file.path().extension() == ".cbor"; }) >= kKeys;
}

std::vector<Finding> describe_tpm(const rot::tpm2::Device& device) {
  const rot::tpm2::Maker& maker = device.maker();
  const bool sha384 = device.can_bind(crypto::HashAlgorithm::sha384);
  return {
      {.subject = "TPM",
       .grade = maker.software ? Grade::note : Grade::good,
       .text = std::format("{} {} {}{}", maker.manufacturer, maker.vendor, maker.firmware,
                           maker.software ? ": a software TPM, which proves the plumbing and not the machine" : "")},
      {.subject = "TPM hashes",
       .grade = sha384 ? Grade::good : Grade::note,
       .text = sha384 ? "SHA-256 and SHA-384" : "no SHA-384: TLS_AES_256_GCM_SHA384 will not be offered"}};
}

Finding check_keys(const Options& options, rot::tpm2::Device& device, bool ours) {
  if (ours) return {.subject = "TLS key", .text = to_hex(device.tls_key()->public_key().spki())};
  const std::string where = options.state.empty() ? "not checked: give --state DIR"
                                                  : "not all in " + options.state + ": credence endorse makes them";
  return {.subject = "TPM keys", .grade = Grade::note, .text = where};
}

// A check leaves nothing behind: keys that it needs to open the TPM, and that are not there, go with the scratch
// folder.
std::vector<Finding> check_tpm(const Options& options) {
  if (options.tcti.empty()) {
    return {{.subject = "TPM", .grade = Grade::note, .text = "not checked: give --tcti STR and --state DIR"}};
  }
  if (is_missing_file(options.tcti)) {
    return {{.subject = "TPM",
             .grade = Grade::bad,
             .text = options.tcti + " does not exist: credence endorse makes it",
             .undecided = true}};
  }
  const auto scratch = ScratchFolder::make();
  if (!scratch) return {failed("TPM", scratch.error())};
  const bool ours = has_all_keys(options.state);
  rot::tpm2::Options device_options;
  device_options.tcti = options.tcti;
  device_options.state_directory = ours ? std::filesystem::path(options.state) : scratch->path();
  const auto device = rot::tpm2::Device::open(std::move(device_options));
  if (!device) return {failed("TPM", device.error())};
  std::vector<Finding> findings = describe_tpm(**device);
  findings.push_back(check_keys(options, **device, ours));
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
  if (!answer) return failed("verifier", answer.error());
  if (answer->status != 200) {
    return {.subject = "verifier",
            .grade = Grade::bad,
            .text = std::format("expected status 200 from discovery, got {}", answer->status),
            .undecided = answer->status >= 500};
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

// What is wrong for certain outweighs what could not be found out.
ExitStatus status_of(const std::vector<Finding>& findings) {
  const auto is_bad = [&](bool undecided) {
    return std::ranges::any_of(findings, [=](const Finding& finding) {
      return finding.grade == Grade::bad && finding.undecided == undecided;
    });
  };
  if (is_bad(false)) return ExitStatus::refused;
  return is_bad(true) ? ExitStatus::undecided : ExitStatus::done;
}

Result<ExitStatus> doctor(const Options& options, const Output& output) {
  std::vector<Finding> findings{check_openssl(), check_clock()};
  for (auto& finding : check_tpm(options)) findings.push_back(std::move(finding));
  findings.push_back(check_verifier(options));
  json::Array rows;
  for (const Finding& finding : findings) {
    rows.emplace_back(
        json::Object{{"subject", finding.subject}, {"grade", name(finding.grade)}, {"text", finding.text}});
    output.line(std::format("{:5} {:12} {}", name(finding.grade), finding.subject, printable(finding.text)));
  }
  if (output.as_json()) output.facts({{"findings", std::move(rows)}});
  return status_of(findings);
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
