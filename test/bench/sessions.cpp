// Load on a verifier's HTTP API: challenge-response sessions, newSession and evidence as one, over keep-alive
// connections. Nothing of Credence but base64, so that any verifier with this API can be measured.
//
//   bench_sessions --port P --nonce BASE64URL --type MEDIA-TYPE --evidence FILE [--clients N] [--seconds S]
#include <algorithm>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "measure.h"
#include "value_of.h"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kSession = "application/vnd.veraison.challenge-response-session+json";

struct Load {
  asio::ip::tcp::endpoint verifier;
  std::string nonce;
  std::string type;
  std::string evidence;
};

// One keep-alive connection.
class Client {
 public:
  explicit Client(const Load& load) : load_(load), socket_(context_) {
    socket_.connect(load.verifier);
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  void run_session() {
    const auto opened = post("/challenge-response/v1/newSession?nonce=" + load_.nonce, {}, {});
    bench::require(opened.result_int() == 201, "a session was opened");
    const std::string location(opened[http::field::location]);
    const std::string id = location.substr(location.rfind('/') + 1);
    const auto appraised = post("/challenge-response/v1/session/" + id, load_.type, load_.evidence);
    bench::require(appraised.result_int() == 200, "the evidence was appraised");
    require_affirming(appraised.body());
  }

 private:
  http::response<http::string_body> post(std::string target, std::string_view type, const std::string& body) {
    http::request<http::string_body> request(http::verb::post, std::move(target), 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::accept, kSession);
    if (!type.empty()) request.set(http::field::content_type, type);
    request.body() = body;
    request.prepare_payload();
    http::write(socket_, request);
    http::response<http::string_body> response;
    http::read(socket_, buffer_, response);
    return response;
  }

  // The signature is the affair of the tests: checking it here would make the load weigh as much as the verifier.
  static void require_affirming(const std::string& session) {
    constexpr std::string_view kResult = R"("result":")";
    const std::size_t token = session.find(kResult);
    bench::require(token != std::string::npos, "the session has a result");
    const std::size_t payload = session.find('.', token) + 1;
    const std::size_t end = session.find('.', payload);
    bench::require(payload != 0 && end != std::string::npos, "the result is a JWT");
    const credence::Bytes claims =
        bench::value_of(credence::from_any_base64(std::string_view(session).substr(payload, end - payload)), "claims");
    const bool affirming = credence::as_text(claims).find(R"("ear.status":"affirming")") != std::string_view::npos;
    bench::require(affirming, "the result is affirming");
  }

  const Load& load_;
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

// The times of all sessions, in microseconds.
std::vector<double> run_clients(const Load& load, unsigned clients, double seconds) {
  std::vector<std::vector<double>> times(clients);
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  {
    std::vector<std::jthread> threads;
    for (auto& own : times) {
      threads.emplace_back([&load, &own, until] {
        Client client(load);
        while (Clock::now() < until) {
          const auto start = Clock::now();
          client.run_session();
          own.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
        }
      });
    }
  }
  std::vector<double> all;
  for (const auto& own : times) all.insert(all.end(), own.begin(), own.end());
  std::ranges::sort(all);
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const auto argument = [&](std::string_view name, std::string_view otherwise) {
    return std::string(bench::argument(count, arguments, name, otherwise));
  };
  std::ifstream file(argument("--evidence", ""), std::ios::binary);
  const Load load{.verifier = {asio::ip::make_address("127.0.0.1"),
                               static_cast<std::uint16_t>(std::strtoul(argument("--port", "").c_str(), nullptr, 10))},
                  .nonce = argument("--nonce", ""),
                  .type = argument("--type", ""),
                  .evidence = {std::istreambuf_iterator<char>(file), {}}};
  const auto clients = static_cast<unsigned>(std::strtoul(argument("--clients", "16").c_str(), nullptr, 10));
  const double seconds = bench::seconds_argument(count, arguments);
  run_clients(load, clients, seconds / 10);
  const double cpu = bench::cpu_seconds();
  const auto start = Clock::now();
  const std::vector<double> times = run_clients(load, clients, seconds);
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  bench::require(!times.empty(), "at least one session was completed");
  std::printf(R"({"name":"sessions","sessions":%zu,"clients":%u,"per_second":%.1f,"p50_us":%.1f,"p99_us":%.1f,)"
              R"("client_cpu_seconds":%.3f,"wall_seconds":%.3f})"
              "\n",
              times.size(), clients, static_cast<double>(times.size()) / wall, times[times.size() / 2],
              times[times.size() * 99 / 100], bench::cpu_seconds() - cpu, wall);
}
