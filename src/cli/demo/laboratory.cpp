#include "cli/demo/laboratory.h"

#include <array>
#include <cstdint>
#include <format>
#include <system_error>

#include "base/clock.h"
#include "base/text.h"
#include "cli/files.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "service/verifier/file.h"

namespace credence::cli {
namespace {

constexpr auto kClass = "d10e4bd6-7e02-4d2c-bf1a-69ae22680478";

Result<void> write_identity(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file,
                            const std::string& common_name) {
  TRY(const crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const Timestamp now = system_clock()->now();
  TRY(const crypto::Certificate certificate, crypto::self_sign(key, {.common_name = common_name,
                                                                     .dns_names = {"localhost", "127.0.0.1"},
                                                                     .not_before = now - std::chrono::hours(1),
                                                                     .not_after = now + std::chrono::hours(24)}));
  CHECK(write_file(certificate_file, as_bytes(certificate.pem())));
  // With mode 0600: a listener refuses a key that others can read.
  return service::write_file(key_file, key.pem().view(), service::FileMode::owner_only);
}

std::string last_lines(std::string_view text, std::size_t most) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t start = text.size();
  for (; most > 0 && start != 0 && start != std::string_view::npos; --most) start = text.rfind('\n', start - 1);
  return std::string(start == std::string_view::npos ? text : text.substr(text[start] == '\n' ? start + 1 : start));
}

std::string text_at(const json::Object& facts, std::string_view member) {
  const auto text = json::required_text(facts, member);
  return text ? std::string(*text) : std::string();
}

}  // namespace

Error with_log(Error error, ScratchFolder& scratch) {
  constexpr std::size_t kLines = 10;
  scratch.keep();
  const std::string path = log_of(scratch).string();
  const auto log = read_text_file(path);
  const std::string last = log ? last_lines(*log, kLines) : std::string();
  error.why +=
      last.empty() ? std::format("\nnothing was written to {}", path) : std::format("\nthe end of {}:\n{}", path, last);
  return error;
}

std::vector<std::string> Machine::tpm_options() const {
  return {"--tcti", "libtpms:" + (folder / "tpm.state").string(), "--state", (folder / "keys").string()};
}

Result<Laboratory> Laboratory::open(const Timeline& timeline) {
  TRY(ScratchFolder scratch, ScratchFolder::make());
  const auto& folder = scratch.path();
  CHECK(write_identity(folder / "verifier.pem", folder / "verifier.key", "demo verifier"));
  CHECK(write_identity(folder / "server.pem", folder / "server.key", "demo server"));
  CHECK(write_identity(folder / "endorser.pem", folder / "endorser.key", "demo endorser"));
  std::array<std::uint8_t, 32> token{};
  CHECK(crypto::system_random()->fill(token));
  CHECK(service::write_file(folder / "token", as_bytes(to_hex(token)), service::FileMode::owner_only));
  TRY(ChildProcess verifier,
      ChildProcess::start(
          {"--json", "verifier", "--listen", "127.0.0.1:0", "--store", "sqlite:" + (folder / "store.db").string(),
           "--signing-key", (folder / "ear.key").string(), "--cert", (folder / "verifier.pem").string(), "--key",
           (folder / "verifier.key").string(), "--provisioning-token", (folder / "token").string(), "--corim-anchor",
           (folder / "endorser.pem").string()},
          log_of(scratch).string()));
  const auto listening = verifier.await_event("listening", kPatience);
  if (!listening) return std::unexpected(with_log(listening.error(), scratch));
  std::string url = text_at(*listening, "url");
  timeline.event("verifier", std::format("listens on {}, store in SQLite", url));
  return Laboratory(std::move(scratch), std::move(verifier), std::move(url), timeline);
}

std::vector<std::string> Laboratory::verifier_options() const {
  return {"--verifier",     url_,
          "--verifier-key", (scratch_.path() / "ear.key.pub").string(),
          "--verifier-ca",  (scratch_.path() / "verifier.pem").string()};
}

std::unexpected<Error> Laboratory::failed(Errc code, std::string why) {
  return std::unexpected(with_log({.code = code, .why = std::move(why)}, scratch_));
}

Result<Laboratory::Finished> Laboratory::run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  TRY(ChildProcess process, ChildProcess::start(arguments, log().string()));
  Finished finished;
  while (auto event = process.next_event(kPatience)) finished.facts = *std::move(event);
  TRY(finished.status, process.wait(kPatience));
  return finished;
}

Result<Machine> Laboratory::endorse(const std::string& name) {
  Machine machine{.folder = scratch_.path() / name, .instance = {}, .maker = {}};
  std::filesystem::create_directories(machine.folder);
  const auto corims = machine.folder / "corims", signed_corims = machine.folder / "signed";
  std::vector<std::string> arguments{"endorse"};
  std::ranges::copy(machine.tpm_options(), std::back_inserter(arguments));
  for (const auto& word : {"--pcrs", "sha256:0,1,2", "--class", kClass, "-o"}) arguments.emplace_back(word);
  arguments.push_back(corims.string());
  TRY(const Finished endorsed, run(std::move(arguments)));
  if (endorsed.status != 0) return failed(Errc::io, "credence endorse failed");
  machine.instance = text_at(endorsed.facts, "instance");
  machine.maker = text_at(endorsed.facts, "maker");
  TRY(const Finished endorsement,
      run({"sign", (corims / "veraison.corim.cbor").string(), (corims / "keys.corim.cbor").string(), "--key",
           (scratch_.path() / "endorser.key").string(), "--cert", (scratch_.path() / "endorser.pem").string(), "-o",
           signed_corims.string()}));
  if (endorsement.status != 0) return failed(Errc::io, "credence sign failed");
  timeline_.event("endorser", std::format("states and signs the {}'s attestation key {}... and PCR 0, 1, 2", name,
                                          machine.instance.substr(0, 12)));
  TRY(const Finished provisioned,
      run({"provision", (signed_corims / "veraison.corim.cbor").string(), (signed_corims / "keys.corim.cbor").string(),
           "--to", url_, "--ca", (scratch_.path() / "verifier.pem").string(), "--token",
           (scratch_.path() / "token").string()}));
  if (provisioned.status != 0) return failed(Errc::io, "credence provision failed");
  timeline_.event("verifier", "knows who signed both CoRIMs, and stored them");
  return machine;
}

Result<Machine> Laboratory::copy(const Machine& machine, const std::string& name) const {
  Machine copied = machine;
  copied.folder = scratch_.path() / name;
  std::error_code failed;
  std::filesystem::copy(machine.folder, copied.folder, std::filesystem::copy_options::recursive, failed);
  if (failed) return fail_in(Errc::io, copied.folder.string(), failed.message());
  return copied;
}

Result<void> Laboratory::serve(const Machine& client, const Machine* own) {
  std::vector<std::string> arguments{"--json",    "serve",           "--listen",     "127.0.0.1:0",
                                     "--require", "--peer-instance", client.instance};
  std::ranges::copy(verifier_options(), std::back_inserter(arguments));
  if (own != nullptr) {
    std::ranges::copy(own->tpm_options(), std::back_inserter(arguments));
    arguments.emplace_back("--attest");
  } else {
    for (const auto* word : {"--cert", "--key"}) {
      arguments.emplace_back(word);
      arguments.push_back(
          (scratch_.path() / (std::string_view(word) == "--cert" ? "server.pem" : "server.key")).string());
    }
  }
  server_.clear();
  TRY(ChildProcess server, ChildProcess::start(arguments, log().string()));
  server_.push_back(std::move(server));
  const auto listening = server_.front().await_event("listening", kPatience);
  if (!listening) return std::unexpected(with_log(listening.error(), scratch_));
  server_address_ = text_at(*listening, "address");
  timeline_.event(
      "server",
      std::format("listens on {}, demands evidence of that attestation key, pins the verifier's key", server_address_));
  return {};
}

Result<json::Object> Laboratory::next_connection() {
  if (server_.empty()) return fail(Errc::internal, "the demo has no server yet");
  return server_.front().await_event("connection", kPatience);
}

}  // namespace credence::cli
