// credence sign: signs CoRIMs as their endorser, for verifiers that know the endorser. The key belongs to whoever
// answers for what is endorsed: not on the machine that is endorsed, and not with whoever submits.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/files.h"
#include "cli/verb.h"
#include "rats/corim/corim.h"
#include "service/verifier/file.h"

namespace credence::cli {
namespace {

constexpr std::size_t kMostKeyBytes = 64 << 10;
constexpr unsigned kMostDays = 36'500;

struct Options {
  std::vector<std::string> files;
  std::string key;
  std::string certificates;
  std::string signer;
  unsigned days = 0;
  std::string directory;
};

struct Endorser {
  crypto::PrivateKey key;
  std::vector<crypto::Certificate> chain;
  rats::CorimSigner signer;
};

struct SignedFile {
  Bytes octets;
  std::optional<Timestamp> until;
};

// As by a verifier that has the last certificate for its anchor: a certificate for other uses, or one that has expired,
// is found here and not where the CoRIM is submitted.
Result<void> check_chain(std::span<const crypto::Certificate> chain, const crypto::PrivateKey& key, Timestamp now) {
  if (!equal(chain.front().spki(), key.public_key().spki()))
    return fail(Errc::key_mismatch, "expected a chain that starts with the certificate of the signing key (--key)");
  return crypto::verify_chain(chain.front(), chain.subspan(1), chain.last(1), now, crypto::ChainUse::sign_documents);
}

Result<Endorser> read_endorser(const Options& options, Timestamp now) {
  TRY(const SecretBytes pem, service::read_private_file(options.key, kMostKeyBytes));
  auto key = crypto::PrivateKey::from_pem(pem.view());
  if (!key) return within(options.key, std::move(key).error());
  TRY(auto chain, read_certificates(options.certificates));
  if (auto checked = check_chain(chain, *key, now); !checked)
    return within(options.certificates, std::move(checked).error());
  rats::CorimSigner signer{
      .name = options.signer.empty() ? chain.front().subject() : options.signer, .uri = {}, .validity = {}};
  if (options.days != 0) {
    const Timestamp from = std::chrono::floor<Seconds>(now);
    signer.validity = rats::Validity{.not_before = from, .not_after = from + std::chrono::days(options.days)};
  }
  return Endorser{.key = *std::move(key), .chain = std::move(chain), .signer = std::move(signer)};
}

// What no verifier takes, now or later. One that is good from tomorrow on may be signed today.
Result<void> check_takable(const rats::Corim& corim, Timestamp now) {
  if (!corim.profile)
    return fail_in(Errc::missing_member, "profile",
                   "expected a CoRIM that names its profile, got one without, and nobody knows what it means: write it "
                   "anew with a profile");
  if (!corim.validity || std::max(now, corim.validity->not_before.value_or(now)) <= corim.validity->not_after)
    return {};
  const auto& from = corim.validity->not_before;
  return fail_in(Errc::expired, "validity",
                 std::format("expected one that is good now or later, got one that is good {}until {}, and now it is "
                             "{}: write it anew with another validity",
                             from ? "from " + to_rfc3339(*from) + " " : "", to_rfc3339(corim.validity->not_after),
                             to_rfc3339(now)));
}

Result<SignedFile> sign_one(ByteView corim, const Endorser& endorser, Timestamp now) {
  TRY(Bytes octets, rats::sign_encoded_corim(corim, endorser.signer, endorser.key, endorser.chain));
  TRY(rats::SignedCorim message, rats::decode_signed_corim(octets));
  CHECK(rats::verify_signed_corim(message, std::span(endorser.chain).last(1), now));
  const rats::Corim signed_corim = rats::corim_of(std::move(message));
  CHECK(check_takable(signed_corim, now));
  std::optional<Timestamp> until;
  if (signed_corim.validity) until = signed_corim.validity->not_after;
  return SignedFile{.octets = std::move(octets), .until = until};
}

Result<std::vector<SignedFile>> sign_all(const Options& options, const Endorser& endorser, Timestamp now) {
  std::vector<SignedFile> all;
  for (const std::string& file : options.files) {
    TRY(const Bytes corim, read_file(file));
    auto made = sign_one(corim, endorser, now);
    if (!made) return within(file, std::move(made).error());
    all.push_back(*std::move(made));
  }
  return all;
}

// Of several, the last: so long something counts that was signed here.
std::string end_of(const std::vector<SignedFile>& files) {
  std::optional<Timestamp> last;
  for (const SignedFile& file : files) {
    if (!file.until) return "no end";
    last = last ? std::max(*last, *file.until) : *file.until;
  }
  return last ? to_rfc3339(*last) : "no end";
}

// Under the names they have, in another folder; two of one name would be one file.
Result<std::vector<std::filesystem::path>> output_files(const Options& options) {
  std::vector<std::filesystem::path> outputs;
  std::set<std::filesystem::path> seen;
  for (const std::string& file : options.files) {
    outputs.push_back(std::filesystem::path(options.directory) / std::filesystem::path(file).filename());
    if (!seen.insert(outputs.back()).second)
      return fail(Errc::usage, "expected files of different names, got two that would become " +
                                   outputs.back().string() + ": sign them one after the other");
    std::error_code unknown;
    if (std::filesystem::equivalent(file, outputs.back(), unknown))
      return fail(Errc::usage, "--output: expected another folder than the one of " + file);
  }
  return outputs;
}

Result<ExitStatus> sign(const Options& options, const Output& output) {
  const Timestamp now = system_clock()->now();
  TRY(const auto outputs, output_files(options));
  TRY(const Endorser endorser, read_endorser(options, now));
  TRY(const std::vector<SignedFile> files, sign_all(options, endorser, now));
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) return fail_in(Errc::io, options.directory, "cannot be made: " + failed.message());
  json::Array written;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    CHECK(write_file(outputs[i], files[i].octets));
    written.emplace_back(outputs[i].string());
  }
  output.facts({{"signer", endorser.signer.name}, {"files", std::move(written)}, {"good until", end_of(files)}});
  return ExitStatus::done;
}

}  // namespace

void add_sign(CommandLine& line) {
  auto* command = line.app.add_subcommand("sign", "Sign CoRIMs as their endorser");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "CoRIMs that are not signed")->required();
  command->add_option("--key", options->key, "The endorser's key, PEM (PKCS #8)")->required();
  command
      ->add_option("--cert", options->certificates,
                   "Its certificate, PEM, and those of authorities between it and the verifier's --corim-anchor")
      ->required();
  command->add_option("--signer", options->signer, "Name of the signer; default: the subject of its certificate");
  command
      ->add_option("--days", options->days,
                   "How long the signature is good; without it, as long as the CoRIM, and a CoRIM that names no end is "
                   "signed with no end")
      ->check(CLI::Range(1U, kMostDays));
  command->add_option("-o,--output", options->directory, "Folder for the signed CoRIMs, under their names")->required();
  on_call(line, command, options, sign);
}

}  // namespace credence::cli
