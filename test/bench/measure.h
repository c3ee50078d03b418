// Repeats an operation for a while and prints what one costs as a line of JSON.
// Nothing of Credence in here: the baselines use it too.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace bench {

// A benchmark that did something else than it says is worse than none.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

// Of all threads of the process, in seconds.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Cost {
  long iterations = 0;
  double cpu_us = 0;   // of one
  double wall_us = 0;  // of one
};

// Runs `operation` for at least `seconds` of wall time, after a tenth of that as warm-up.
template <typename Operation>
Cost measure(double seconds, Operation operation) {
  using Clock = std::chrono::steady_clock;
  const auto run_for = [&](double duration) {
    const auto until = Clock::now() + std::chrono::duration<double>(duration);
    long iterations = 0;
    for (; Clock::now() < until; ++iterations) operation();
    return iterations;
  };
  run_for(seconds / 10);
  const auto wall = Clock::now();
  const double cpu = cpu_seconds();
  const long iterations = run_for(seconds);
  const auto count = static_cast<double>(iterations);
  return {.iterations = iterations,
          .cpu_us = (cpu_seconds() - cpu) * 1e6 / count,
          .wall_us = std::chrono::duration<double, std::micro>(Clock::now() - wall).count() / count};
}

// `configuration` is the inside of a JSON object.
inline void print(std::string_view name, const Cost& cost, std::string_view configuration) {
  std::printf(R"({"name":"%.*s","iterations":%ld,"cpu_us":%.3f,"wall_us":%.3f,"per_cpu_second":%.1f,)"
              R"("configuration":{%.*s}})"
              "\n",
              static_cast<int>(name.size()), name.data(), cost.iterations, cost.cpu_us, cost.wall_us, 1e6 / cost.cpu_us,
              static_cast<int>(configuration.size()), configuration.data());
}

// The argument of `--NAME VALUE`, or what it is without one.
inline std::string_view argument(int count, char** arguments, std::string_view name, std::string_view otherwise) {
  for (int i = 1; i + 1 < count; ++i)
    if (arguments[i] == name) return arguments[i + 1];
  return otherwise;
}

inline double seconds_argument(int count, char** arguments) {
  return std::strtod(argument(count, arguments, "--seconds", "2").data(), nullptr);
}

}  // namespace bench
