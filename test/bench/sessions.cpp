// Load on a verifier's HTTP API: challenge-response sessions, newSession and evidence as one, over keep-alive
// connections. Nothing of Credence but base64, so that any verifier with this API can be measured.
//
//   bench_sessions --port P --nonce BASE64URL --type MEDIA-TYPE --evidence FILE [--clients N] [--seconds S]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "measure.h"
#include "session_client.h"

namespace {

using bench::Client;
using bench::Load;
using Clock = std::chrono::steady_clock;

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
  const Load load = bench::load_from(count, arguments);
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
