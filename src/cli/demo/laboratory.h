// The real processes of the demo, on loopback, in a folder that is removed in the end: a verifier with SQLite, a server
// that relies on it, and TPMs (libtpms, in the processes that use them).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/demo/child_process.h"
#include "cli/demo/timeline.h"
#include "cli/scratch_folder.h"
#include "wire/json/json.h"

namespace credence::cli {

inline constexpr std::chrono::seconds kPatience{30};

[[nodiscard]] inline std::filesystem::path log_of(const ScratchFolder& scratch) { return scratch.path() / "log"; }
// The error with the last lines that the processes wrote to the log in this folder, which is then kept.
[[nodiscard]] Error with_log(Error error, ScratchFolder& scratch);

// A machine of the demo: the state of its TPM and the keys' authorization values.
struct Machine {
  std::filesystem::path folder;
  std::string instance;  // kid of its attestation key, once endorsed
  std::string maker;

  [[nodiscard]] std::vector<std::string> tpm_options() const;
};

class Laboratory {
 public:
  [[nodiscard]] static Result<Laboratory> open(const Timeline& timeline);

  // A new TPM, endorsed, its CoRIMs provisioned to the verifier.
  [[nodiscard]] Result<Machine> endorse(const std::string& name);
  // The same machine again, to be tampered with: whatever happens to the copy, the original stays as it was.
  [[nodiscard]] Result<Machine> copy(const Machine& machine, const std::string& name) const;

  // A server that demands evidence of `client`. With `own` it also gives evidence of its own machine.
  [[nodiscard]] Result<void> serve(const Machine& client, const Machine* own);
  // `credence connect`, or another verb that ends by itself, with what it printed.
  struct Finished {
    int status = 0;
    json::Object facts;
  };
  [[nodiscard]] Result<Finished> run(std::vector<std::string> arguments);
  // What the server said of the next connection.
  [[nodiscard]] Result<json::Object> next_connection();

  // What a step that failed ends with: `why`, and what the log says.
  [[nodiscard]] std::unexpected<Error> failed(Errc code, std::string why);

  [[nodiscard]] std::vector<std::string> verifier_options() const;
  [[nodiscard]] const std::string& server_address() const noexcept { return server_address_; }
  [[nodiscard]] std::filesystem::path server_certificate() const { return scratch_.path() / "server.pem"; }
  [[nodiscard]] pid_t verifier_pid() const noexcept { return verifier_.pid(); }
  [[nodiscard]] std::filesystem::path log() const { return log_of(scratch_); }

 private:
  Laboratory(ScratchFolder scratch, ChildProcess verifier, std::string url, const Timeline& timeline)
      : scratch_(std::move(scratch)), verifier_(std::move(verifier)), url_(std::move(url)), timeline_(timeline) {}

  ScratchFolder scratch_;
  ChildProcess verifier_;
  std::string url_;
  std::vector<ChildProcess> server_;  // at most one
  std::string server_address_;
  const Timeline& timeline_;
};

}  // namespace credence::cli
