// A store with many reference triples of other machines: how long it takes to load, what it keeps in memory, and what
// an appraisal costs then.
//
//   bench_store --phase load --store STORE --triples N      into an empty store
//   bench_store --phase appraise --store STORE [--seconds S]
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "channel_request.h"
#include "measure.h"
#include "other_machines.h"
#include "software_platform.h"
#include "verifier/store/postgres/store.h"
#include "verifier/store/sqlite/store.h"

namespace {

using namespace credence;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kTriplesOfACorim = 1'000;

std::shared_ptr<verifier::Store> open(const std::string& name) {
  constexpr std::string_view kSqlite = "sqlite:";
  auto store = name.starts_with(kSqlite) ? verifier::open_sqlite_store(name.substr(kSqlite.size()))
                                         : verifier::open_postgres_store(name);
  return bench::value_of(std::move(store), "store");
}

double resident_octets() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

void load(verifier::Store& store, const std::string& name, std::size_t triples) {
  double seconds = 0;  // of the store alone: making the CoRIMs is not its work, reading them is
  std::size_t octets = 0;
  for (std::size_t done = 0, number = 0; done < triples; ++number) {
    const std::size_t some = std::min(kTriplesOfACorim, triples - done);
    const Bytes encoded = bench::value_of(rats::encode_corim(bench::other_machines(number, some)), "CoRIM");
    const auto start = SteadyClock::now();
    const rats::Corim corim = bench::value_of(rats::decode_corim(encoded), "CoRIM");
    bench::value_of(store.submit(corim, encoded), "submission");
    seconds += seconds_since(start);
    octets += encoded.size();
    done += some;
  }
  std::printf(R"({"name":"load","seconds":%.3f,"triples":%zu,"corim_octets":%zu,"store":"%.*s"})"
              "\n",
              seconds, triples, octets, static_cast<int>(name.find(':')), name.c_str());
}

void appraise(const std::string& name, double seconds) {
  const auto root = bench::open_software_root();
  const verifier::AppraisalRequest request = bench::channel_request(*root);
  const double before = resident_octets();
  const auto start = SteadyClock::now();
  const auto store = open(name);
  const double opened_in = seconds_since(start);
  const double resident = resident_octets() - before;
  bench::provision(*store, *root);
  const auto engine = bench::engine_over(store);
  std::vector<double> each;
  const auto once = [&] {
    const auto begin = SteadyClock::now();
    const rats::Ear ear = bench::value_of(engine->appraise(request), "appraisal");
    each.push_back(seconds_since(begin) * 1e6);
    bench::require(ear.is_affirming(), "the verdict is not affirming");
  };
  const bench::Cost cost = bench::measure(seconds, once);
  std::ranges::nth_element(each, each.begin() + static_cast<std::ptrdiff_t>(each.size() / 2));
  std::printf(R"({"name":"appraise","iterations":%ld,"p50_us":%.3f,"cpu_us":%.3f,"open_seconds":%.3f,)"
              R"("resident_octets":%.0f})"
              "\n",
              cost.iterations, each[each.size() / 2], cost.cpu_us, opened_in, resident);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string store(bench::argument(count, arguments, "--store", ""));
  bench::require(!store.empty(), "--store sqlite:FILE or postgresql://...");
  if (bench::argument(count, arguments, "--phase", "appraise") == "appraise") {
    appraise(store, bench::seconds_argument(count, arguments));
    return 0;
  }
  const std::string triples(bench::argument(count, arguments, "--triples", "1000"));
  std::size_t number = 0;
  const auto read = std::from_chars(triples.data(), triples.data() + triples.size(), number);
  bench::require(read.ec == std::errc() && number > 0, "--triples N");
  load(*open(store), store, number);
}
