// More load than a verifier can bear: what becomes of the requests that it takes, and of those that it refuses.
//
//   bench_overload --port P --nonce BASE64URL --type MEDIA-TYPE --evidence FILE [--clients N] [--seconds S]
//
// Each client has one connection and always a request under way, or a pause of 10 ms when it was refused: less than it
// is told to wait.
#include <algorithm>
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
using bench::require;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{10};

struct Times {  // of single requests, in microseconds
  std::vector<double> accepted, refused;
  std::size_t sessions = 0;
};

// The answer, once it is none of 503.
template <typename Ask>
Client::Response ask_until_taken(Times& times, Clock::time_point until, Ask ask) {
  while (true) {
    const auto start = Clock::now();
    Client::Response response = ask();
    const double taken = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    const bool refused = response.result_int() == 503;
    (refused ? times.refused : times.accepted).push_back(taken);
    if (!refused || Clock::now() > until) return response;
    require(!response[boost::beast::http::field::retry_after].empty(), "a refusal says when to come again");
    std::this_thread::sleep_for(kPause);
  }
}

void run_client(const Load& load, Times& times, Clock::time_point until) {
  Client client(load);
  while (Clock::now() < until) {
    const auto opened = ask_until_taken(times, until, [&] { return client.open(); });
    if (opened.result_int() == 503) return;
    require(opened.result_int() == 201, "a session was opened");
    const auto appraised = ask_until_taken(times, until, [&] { return client.submit(opened); });
    if (appraised.result_int() == 503) return;
    require(appraised.result_int() == 200, "the evidence was appraised");
    Client::require_affirming(appraised.body());
    ++times.sessions;
  }
}

Times run_clients(const Load& load, unsigned clients, double seconds) {
  std::vector<Times> each(clients);
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  {
    std::vector<std::jthread> threads;
    for (Times& own : each) threads.emplace_back([&load, &own, until] { run_client(load, own, until); });
  }
  Times all;
  for (const Times& own : each) {
    all.accepted.insert(all.accepted.end(), own.accepted.begin(), own.accepted.end());
    all.refused.insert(all.refused.end(), own.refused.begin(), own.refused.end());
    all.sessions += own.sessions;
  }
  std::ranges::sort(all.accepted);
  std::ranges::sort(all.refused);
  return all;
}

double percentile(const std::vector<double>& sorted, std::size_t percent) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() * percent / 100, sorted.size() - 1)];
}

}  // namespace

int main(int count, char** arguments) {
  const Load load = bench::load_from(count, arguments);
  const auto clients = static_cast<unsigned>(
      std::strtoul(std::string(bench::argument(count, arguments, "--clients", "16")).c_str(), nullptr, 10));
  const double seconds = bench::seconds_argument(count, arguments);
  run_clients(load, clients, seconds / 4);  // until the verifier knows what hits it
  const Times times = run_clients(load, clients, seconds);
  require(!times.accepted.empty(), "at least one request was taken");
  std::printf(R"({"name":"overload","clients":%u,"sessions":%zu,"accepted":%zu,"accepted_p50_us":%.1f,)"
              R"("accepted_p99_us":%.1f,"refused":%zu,"refused_p50_us":%.1f,"refused_p99_us":%.1f})"
              "\n",
              clients, times.sessions, times.accepted.size(), percentile(times.accepted, 50),
              percentile(times.accepted, 99), times.refused.size(), percentile(times.refused, 50),
              percentile(times.refused, 99));
}
