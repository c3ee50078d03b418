// credence serve: an attested echo server. One thread serves every connection; a slow verdict holds up none but its
// own.
#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <format>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/connection_options.h"
#include "cli/socket.h"
#include "cli/stop_signal.h"
#include "cli/verb.h"
#include "credence/stream.h"
#include "service/listen_address.h"

namespace credence::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostConnections = 1'024;
constexpr std::chrono::minutes kLongestSilence{5};
constexpr int kPollMilliseconds = 100;

struct Options : ConnectionOptions {
  std::string listen;
};

// One client: handshake, then what it sends goes back to it.
class Client {
 public:
  Client(Stream stream, std::string address, const Options& options, const Output& output)
      : stream_(std::move(stream)),
        address_(std::move(address)),
        options_(options),
        output_(output),
        deadline_(started_ + std::chrono::seconds(options.timeout_seconds)) {}

  // False when the connection is over.
  [[nodiscard]] bool advance() {
    if (SteadyClock::now() > deadline_) {
      if (!established_) report(Error{.code = Errc::timeout, .why = "the handshake took too long"});
      return false;
    }
    return established_ ? echo() : handshake();
  }

  [[nodiscard]] std::vector<pollfd> wait_for() const { return stream_.wait_for(); }

 private:
  bool handshake() {
    const auto progress = stream_.handshake();
    if (!progress) {
      report(progress.error());
      return false;
    }
    if (*progress == Stream::Progress::waiting) return true;
    established_ = true;
    report_peer();
    return echo();
  }

  bool echo() {
    while (true) {
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
  }

  [[nodiscard]] json::Object event() const {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - started_);
    return {{"event", "connection"}, {"from", address_}, {"milliseconds", took.count()}};
  }

  void report_peer() {
    deadline_ = SteadyClock::now() + kLongestSilence;
    json::Object facts = event();
    facts["verdict"] = "not demanded";
    if (options_.require) {
      const auto peer = stream_.peer();
      if (!peer) return report(peer.error());
      for (auto& [name, value] : facts_of(*peer)) facts[name] = std::move(value);
    }
    facts["cipher suite"] = stream_.cipher_suite();
    facts["group"] = stream_.group();
    output_.facts(facts);
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
  SteadyClock::time_point started_ = SteadyClock::now();
  SteadyClock::time_point deadline_;
  bool established_ = false;
  std::array<std::uint8_t, 16'384> buffer_{};
  std::size_t pending_ = 0;
};

class EchoServer {
 public:
  EchoServer(SslContext context, Listener listener, const Options& options, const Output& output)
      : context_(std::move(context)), listener_(std::move(listener)), options_(options), output_(output) {}

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
    poll(descriptors.data(), descriptors.size(), kPollMilliseconds);
  }

  void accept_all() {
    while (true) {
      Accepted accepted = accept_from(listener_);
      if (accepted.socket.get() < 0) return;
      if (clients_.size() == kMostConnections) continue;  // closed at once: those that are served go on
      auto stream = Stream::over(context_.get(), accepted.socket.release(), Stream::Side::server);
      if (stream) clients_.emplace_back(*std::move(stream), std::move(accepted.peer), options_, output_);
    }
  }

  SslContext context_;
  Listener listener_;
  const Options& options_;
  const Output& output_;
  std::list<Client> clients_;
};

Result<ExitStatus> serve(const Options& options, const Output& output) {
  std::atomic<bool> stopping = false;
  block_stop_signals();
  const std::jthread stopper = on_stop_signal([&stopping] { stopping = true; });
  TRY(const service::HostPort where, service::parse_listen_address("--listen", options.listen));
  TRY(SslContext context, make_context(options, Stream::Side::server));
  TRY(Listener listener, listen_on(where));
  output.facts({{"event", "listening"},
                {"address", listener.address},
                {"gives evidence", options.attest},
                {"demands evidence", options.require}});
  EchoServer(std::move(context), std::move(listener), options, output).run(stopping);
  return ExitStatus::done;
}

}  // namespace

void add_serve(CommandLine& line) {
  auto* command = line.app.add_subcommand("serve", "Run an attested echo server");
  auto options = std::make_shared<Options>();
  command->add_option("--listen", options->listen, "ADDR:PORT or :PORT for every address; port 0 takes a free one")
      ->required();
  add_connection_options(*command, *options);
  on_call(line, command, options, serve);
}

}  // namespace credence::cli
