// Appraisals in this process of evidence from a file: what the HTTP service is compared with.
//
//   bench_engine --evidence FILE --type MEDIA-TYPE --binder BASE64 --keys CORIM --values CORIM [--seconds S]
#include <fstream>
#include <iterator>
#include <string>

#include "base/text.h"
#include "measure.h"
#include "rats/corim/corim.h"
#include "value_of.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace {

using namespace credence;

Bytes content_of(std::string_view path) {
  std::ifstream file{std::string(path), std::ios::binary};
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** arguments) {
  const auto argument = [&](std::string_view name) { return bench::argument(count, arguments, name, ""); };
  auto store = verifier::memory_store();
  for (const std::string_view name : {"--values", "--keys"}) {
    const Bytes octets = content_of(argument(name));
    const rats::Corim corim = bench::value_of(rats::decode_corim(octets), name);
    bench::value_of(store->submit(corim, octets), "provisioning");
  }
  const verifier::Engine engine(store, system_clock(), {}, {.developer = "Credence", .build = "bench", .issuer = ""});

  const Bytes evidence = content_of(argument("--evidence"));
  const Bytes binder = bench::value_of(from_any_base64(argument("--binder")), "binder");
  const auto hash = binder.size() == 32 ? crypto::HashAlgorithm::sha256 : crypto::HashAlgorithm::sha384;
  const auto digest = crypto::Digest::from(hash, binder);
  bench::require(digest.has_value(), "the binder has 32 or 48 octets");
  const verifier::AppraisalRequest request{.media_type = std::string(argument("--type")),
                                           .evidence = evidence,
                                           .challenge = evidence::Binder::from_wire(*digest)};
  const auto appraise = [&] {
    const rats::Ear ear = bench::value_of(engine.appraise(request), "appraisal");
    bench::require(ear.is_affirming(), "the verdict is affirming");
  };
  bench::print("engine", bench::measure(bench::seconds_argument(count, arguments), appraise),
               R"("store":"memory","evidence_octets":)" + std::to_string(evidence.size()));
}
