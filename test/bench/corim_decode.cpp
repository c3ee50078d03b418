// Decoding a CoRIM, as a submission does: every rule of the format checked, every triple an object.
//
//   bench_corim_decode --write FILE                   makes the CoRIM to decode
//   bench_corim_decode --corim FILE [--seconds S]
#include <fstream>
#include <iterator>
#include <string>

#include "measure.h"
#include "other_machines.h"
#include "value_of.h"

namespace {

using namespace credence;

constexpr std::size_t kTriples = 1'000;

void write(const std::string& path) {
  const Bytes octets = bench::value_of(rats::encode_corim(bench::other_machines(0, kTriples)), "CoRIM");
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  bench::require(file.good(), "the CoRIM was written");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string target(bench::argument(count, arguments, "--write", ""));
  if (!target.empty()) {
    write(target);
    return 0;
  }
  std::ifstream file(std::string(bench::argument(count, arguments, "--corim", "")), std::ios::binary);
  const Bytes octets{std::istreambuf_iterator<char>(file), {}};
  const auto decode = [&] {
    const rats::Corim corim = bench::value_of(rats::decode_corim(octets), "CoRIM");
    bench::require(corim.comids.front().reference_values.size() == kTriples, "every triple was read");
  };
  bench::print("corim_decode", bench::measure(bench::seconds_argument(count, arguments), decode),
               R"("octets":)" + std::to_string(octets.size()));
}
