// credence endorse: states the attestation keys and PCR values of this machine, for a verifier.
#include <filesystem>
#include <format>
#include <future>
#include <memory>
#include <string>
#include <system_error>

#include "base/text.h"
#include "cli/files.h"
#include "cli/option_value.h"
#include "cli/verb.h"
#include "evidence/tpm/endorsement.h"
#include "rot/tpm2/tpm2.h"

namespace credence::cli {
namespace {

namespace tpm = evidence::tpm;

struct Options {
  std::string tcti;
  std::string state;
  std::string pcrs = "sha256:0,1,2";
  std::string class_id;
  std::string directory;
};

// The value of a request that a device answers on its own thread.
template <typename T, typename Request>
Result<T> await(Request request) {
  std::promise<Result<T>> promise;
  auto answer = promise.get_future();
  request([&promise](Result<T> value) { promise.set_value(std::move(value)); });
  return answer.get();
}

Result<tpm::Endorsement> read_endorsement(const Options& options) {
  rot::tpm2::Options device_options;
  device_options.tcti = options.tcti;
  device_options.state_directory = options.state;
  TRY(device_options.pcrs, option_value("--pcrs", rot::tpm2::parse_pcr_selection(options.pcrs)));
  TRY(const rats::Uuid class_id, option_value("--class", rats::Uuid::from_text(options.class_id)));
  const tpm::PcrSelection selection = device_options.pcrs;
  TRY(const auto device, rot::tpm2::Device::open(std::move(device_options)));
  TRY(auto stated, await<rot::tpm2::Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); }));
  TRY(auto pcrs, await<tpm::PcrValues>([&](auto done) { device->read_pcrs(selection, std::move(done)); }));
  return tpm::Endorsement{.class_id = class_id, .keys = std::move(stated.attestation_keys), .pcrs = std::move(pcrs)};
}

Result<void> write_corim(const std::filesystem::path& path, const Result<rats::Corim>& corim) {
  if (!corim) return std::unexpected(corim.error());
  TRY(const Bytes octets, rats::encode_corim(*corim));
  return write_file(path, octets);
}

json::Object report(const tpm::Endorsement& endorsement, const std::filesystem::path& veraison,
                    const std::filesystem::path& keys) {
  json::Object facts{{"class", endorsement.class_id.text()}};
  for (const auto& key : endorsement.keys) {
    const bool channel = key.purpose == tpm::Purpose::channel;
    facts[channel ? "instance" : "challenge instance"] = to_hex(key.kid.view());
    facts["maker"] = key.maker;
  }
  json::Object values;
  for (const auto& [bank, pcrs] : endorsement.pcrs) {
    for (const auto& [pcr, value] : pcrs) values[std::format("PCR {}", pcr)] = to_hex(value);
  }
  facts["reference values"] = std::move(values);
  facts["files"] = json::Array{veraison.string(), keys.string()};
  return facts;
}

Result<ExitStatus> endorse(const Options& options, const Output& output) {
  TRY(const tpm::Endorsement endorsement, read_endorsement(options));
  const std::filesystem::path directory = options.directory;
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return fail_in(Errc::io, options.directory, "cannot be made: " + failed.message());
  const auto veraison = directory / "veraison.corim.cbor";
  const auto keys = directory / "keys.corim.cbor";
  CHECK(write_corim(veraison, tpm::veraison_corim(endorsement)));
  CHECK(write_corim(keys, tpm::keys_corim(endorsement)));
  output.facts(report(endorsement, veraison, keys));
  return ExitStatus::done;
}

}  // namespace

void add_endorse(CommandLine& line) {
  auto* command = line.app.add_subcommand("endorse", "State this TPM's attestation keys and PCR values as CoRIMs");
  auto options = std::make_shared<Options>();
  command->add_option("--tcti", options->tcti, "libtpms:FILE, swtpm:host=HOST,port=PORT or device:/dev/tpmrm0")
      ->required();
  command->add_option("--state", options->state, "Folder of the keys' authorization values")->required();
  command->add_option("--pcrs", options->pcrs, "Bank and PCRs that the quotes cover")->required();
  command->add_option("--class", options->class_id, "UUID of the class of machines")->required();
  command->add_option("-o,--output", options->directory, "Folder for veraison.corim.cbor and keys.corim.cbor")
      ->required();
  on_call(line, command, options, endorse);
}

}  // namespace credence::cli
