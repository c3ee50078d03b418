// credence serve: an attested echo server. One thread serves every connection; a slow verdict holds up none but its
// own.
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <format>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/connection_options.h"
#include "cli/socket.h"
#include "cli/stop_signal.h"
#include "cli/verb.h"
#include "credence/stream.h"
#include "credence/verdict_watch.h"
#include "service/listen_address.h"

namespace credence::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostConnections = 1'024;
constexpr std::chrono::minutes kLongestSilence{5};
constexpr int kPollMilliseconds = 100;
constexpr int kTurns = 16;    // reads of one client before the others have theirs
constexpr int kAccepts = 64;  // connections taken before those that are there have their turn
constexpr unsigned kLongestVerdict = 366 * 86'400;

struct Options : ConnectionOptions {
  std::string listen;
  std::string close_on_change;               // empty: never
  std::optional<unsigned> verdict_lifetime;  // seconds
};

constexpr std::string_view kOnRevocation = "revoked";
constexpr std::string_view kOnAnyChange = "any";

// One client: handshake, then what it sends goes back to it.
class Client {
 public:
  Client(Stream stream, std::string address, const Options& options, const Output& output, const VerdictWatch* watch)
      : stream_(std::move(stream)),
        address_(std::move(address)),
        options_(options),
        output_(output),
        watch_(watch),
        deadline_(started_ + std::chrono::seconds(options.timeout_seconds)) {}

  // False when the connection is over.
  [[nodiscard]] bool advance() {
    if (SteadyClock::now() > deadline_) {
      if (!established_) report(Error{.code = Errc::timeout, .why = "the handshake took too long"});
      return false;
    }
    if (watch_ != nullptr) {
      if (const auto stands = watch_->check(started_); !stands) {
        report_end(stands.error());
        if (established_) static_cast<void>(stream_.close());
        return false;
      }
    }
    return established_ ? echo() : handshake();
  }

  [[nodiscard]] std::vector<pollfd> wait_for() const { return stream_.wait_for(); }
  // It has not come to where it waits.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }

 private:
  bool handshake() {
    const auto progress = stream_.handshake();
    if (!progress) {
      report(progress.error());
      return false;
    }
    if (*progress == Stream::Progress::waiting) return true;
    established_ = true;
    if (!report_peer()) return false;
    has_more_ = true;  // what it sent at once, after a look whether the verdict still stands
    return true;
  }

  // Whoever never stops sending must not keep its own verdict from being checked, nor the others waiting.
  bool echo() {
    has_more_ = false;
    for (int turn = 0; turn < kTurns; ++turn) {
      if (pending_ > 0) {
        const auto written = stream_.write({buffer_.data(), pending_});
        if (!written) return false;
        if (*written == Stream::Progress::waiting) return true;
        pending_ = 0;
      }
      const auto read = stream_.read(buffer_);
      if (!read) return false;
      if (read->progress == Stream::Progress::waiting) return true;
      if (read->size == 0) {
        static_cast<void>(stream_.close());
        return false;
      }
      pending_ = read->size;
      deadline_ = SteadyClock::now() + kLongestSilence;
    }
    has_more_ = true;
    return true;
  }

  [[nodiscard]] json::Object event() const {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - started_);
    return {{"event", "connection"}, {"from", address_}, {"milliseconds", took.count()}};
  }

  // False when it was to be appraised and nothing says that it was.
  bool report_peer() {
    deadline_ = SteadyClock::now() + kLongestSilence;
    json::Object facts = event();
    facts["verdict"] = "not demanded";
    if (options_.require) {
      const auto peer = stream_.peer();
      if (!peer) {
        report(peer.error());
        return false;
      }
      for (auto& [name, value] : facts_of(*peer)) facts[name] = std::move(value);
    }
    facts["cipher suite"] = stream_.cipher_suite();
    facts["group"] = stream_.group();
    output_.facts(facts);
    return true;
  }

  // Its verdict does not stand any more.
  void report_end(const Error& error) {
    output_.facts({{"event", "closed"}, {"from", address_}, {"code", name(error.code)}, {"reason", error.text()}});
  }

  void report(const Error& error) {
    json::Object facts = event();
    facts["verdict"] = verdict_of(error);
    facts["code"] = name(error.code);
    facts["reason"] = error.text();
    output_.facts(facts);
  }

  Stream stream_;
  std::string address_;
  const Options& options_;
  const Output& output_;
  const VerdictWatch* watch_;  // null: verdicts stand as long as the connection
  SteadyClock::time_point started_ = SteadyClock::now();
  SteadyClock::time_point deadline_;
  bool established_ = false;
  bool has_more_ = false;
  std::array<std::uint8_t, 16'384> buffer_{};
  std::size_t pending_ = 0;
};

class EchoServer {
 public:
  EchoServer(SslContext context, Listener listener, const Options& options, const Output& output,
             std::optional<VerdictWatch> watch)
      : context_(std::move(context)),
        listener_(std::move(listener)),
        options_(options),
        output_(output),
        watch_(std::move(watch)) {}

  void run(const std::atomic<bool>& stopping) {
    while (!stopping) {
      wait();
      accept_all();
      std::erase_if(clients_, [](Client& client) { return !client.advance(); });
    }
  }

 private:
  void wait() {
    std::vector<pollfd> descriptors{{.fd = listener_.socket.get(), .events = POLLIN, .revents = 0}};
    for (const Client& client : clients_) {
      const auto more = client.wait_for();
      descriptors.insert(descriptors.end(), more.begin(), more.end());
    }
    const bool has_more = std::ranges::any_of(clients_, &Client::has_more);
    poll(descriptors.data(), descriptors.size(), has_more ? 0 : kPollMilliseconds);
  }

  void accept_all() {
    for (int turn = 0; turn < kAccepts; ++turn) {
      Accepted accepted = accept_from(listener_);
      if (accepted.socket.get() < 0) return;
      if (clients_.size() == kMostConnections) continue;  // closed at once: those that are served go on
      auto stream = Stream::over(context_.get(), accepted.socket.release(), Stream::Side::server);
      if (stream)
        clients_.emplace_back(*std::move(stream), std::move(accepted.peer), options_, output_,
                              watch_ ? &*watch_ : nullptr);
    }
  }

  SslContext context_;
  Listener listener_;
  const Options& options_;
  const Output& output_;
  const std::optional<VerdictWatch> watch_;
  std::list<Client> clients_;
};

Result<void> check_close_on_change(const Options& options) {
  if (options.verdict_lifetime && options.close_on_change.empty())
    return fail(Errc::usage, "--verdict-lifetime needs --close-on-change");
  if (options.close_on_change.empty() || (options.require && !options.verifier.empty())) return {};
  return fail(Errc::usage,
              "--close-on-change needs --require and --verifier: it is the verifier that tells of changes");
}

Result<std::optional<VerdictWatch>> watch_from(const Options& options) {
  if (options.close_on_change.empty()) return std::nullopt;
  VerdictWatchOptions made;
  made.url = options.verifier;
  if (!options.verifier_ca.empty()) made.ca_file = options.verifier_ca;
  if (!options.verifier_token.empty()) made.token = options.verifier_token;
  made.allow_insecure_http = options.insecure_http;
  made.also_additions = options.close_on_change == kOnAnyChange;
  // Beyond what verifiers may be behind: the peer is appraised here, by answers that are kept so long.
  if (options.edge) made.knowledge_lag += edge_options(options, options.allow_insecure_test_root).max_age;
  if (options.verdict_lifetime) made.longest_verdict = std::chrono::seconds(*options.verdict_lifetime);
  auto watch = VerdictWatch::open(made);
  if (!watch) return within("--close-on-change", std::move(watch).error());
  return *std::move(watch);
}

Result<ExitStatus> serve(const Options& options, const Output& output) {
  std::atomic<bool> stopping = false;
  block_stop_signals();
  const std::jthread stopper = on_stop_signal([&stopping] { stopping = true; });
  TRY(const service::HostPort where, service::parse_listen_address("--listen", options.listen));
  CHECK(check_close_on_change(options));
  TRY(SslContext context, make_context(options, Stream::Side::server));
  TRY(std::optional<VerdictWatch> watch, watch_from(options));
  TRY(Listener listener, listen_on(where));
  output.facts({{"event", "listening"},
                {"address", listener.address},
                {"gives evidence", options.attest},
                {"demands evidence", options.require}});
  EchoServer(std::move(context), std::move(listener), options, output, std::move(watch)).run(stopping);
  return ExitStatus::done;
}

}  // namespace

void add_serve(CommandLine& line) {
  auto* command = line.app.add_subcommand("serve", "Run an attested echo server");
  auto options = std::make_shared<Options>();
  command->add_option("--listen", options->listen, "ADDR:PORT or :PORT for every address; port 0 takes a free one")
      ->required();
  add_connection_options(*command, *options);
  command
      ->add_option(
          "--close-on-change", options->close_on_change,
          "Close connections when the verifier takes back what their verdicts rest on (revoked), or adds to it "
          "too (any)")
      ->check(CLI::IsMember({std::string(kOnRevocation), std::string(kOnAnyChange)}))
      ->group("The peer");
  command
      ->add_option("--verdict-lifetime", options->verdict_lifetime,
                   "Also close connections that were appraised longer ago than so many seconds")
      ->check(CLI::Range(1U, kLongestVerdict))
      ->group("The peer");
  on_call(line, command, options, serve);
}

}  // namespace credence::cli
