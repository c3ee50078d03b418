// The options that `serve` and `connect` share: what this side presents and what it demands.
#pragma once

#include <openssl/types.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/verifier_choice.h"
#include "credence/stream.h"
#include "wire/json/json.h"

namespace credence::cli {

struct ConnectionOptions : VerifierChoice {
  // what this side presents
  std::string tcti;
  std::string state;
  std::string pcrs = "sha256:0,1,2";
  std::string certificate;
  std::string key;
  bool attest = false;
  bool insecure_software_root = false;
  // what it demands
  bool require = false;
  std::vector<std::string> peer_instances;
  std::string peer_ca;
  std::vector<std::string> peer_names;
  bool any_of_class = false;
  bool allow_insecure_test_root = false;
  unsigned timeout_seconds = 30;
};

void add_connection_options(CLI::App& command, ConnectionOptions& options);

struct FreeSslContext {
  void operator()(SSL_CTX* context) const noexcept;
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

// An SSL_CTX that gives and demands what the options say. Errc::usage for options that contradict each other.
// `peer_name`: for a client, the name of the server it means.
[[nodiscard]] Result<SslContext> make_context(const ConnectionOptions& options, Stream::Side side,
                                              const std::string& peer_name = {});

// What became known about the peer, for output.
[[nodiscard]] json::Object facts_of(const Peer& peer);
// "refused" when this side or the peer said no, "undecided" when nothing could be decided.
[[nodiscard]] std::string_view verdict_of(const Error& error) noexcept;

}  // namespace credence::cli
