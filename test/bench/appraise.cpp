// Appraisals of channel evidence over a warm store in memory, with and without a signed result.
//
//   bench_appraise [--result unsigned|signed] [--seconds S]
#include "channel_request.h"
#include "measure.h"
#include "software_platform.h"

namespace {

using namespace credence;

rats::Ear affirmed(const verifier::Engine& engine, const verifier::AppraisalRequest& request) {
  rats::Ear ear = bench::value_of(engine.appraise(request), "appraisal");
  bench::require(ear.is_affirming(), "the verdict is not affirming");
  return ear;
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = bench::seconds_argument(count, arguments);
  const bench::SoftwarePlatform platform;
  const verifier::AppraisalRequest request = bench::channel_request(*platform.root);
  const std::string configuration =
      R"("store":"memory","curve":"P-256","evidence_octets":)" + std::to_string(request.evidence.size());
  if (bench::argument(count, arguments, "--result", "unsigned") == "signed") {
    const auto key = bench::value_of(crypto::PrivateKey::generate(crypto::KeyType::ec_p256), "signing key");
    const auto sign = [&] {
      const std::string token = bench::value_of(rats::sign_ear(affirmed(*platform.engine, request), key), "signature");
      bench::require(!token.empty(), "the result is empty");
    };
    bench::print("appraise_signed", bench::measure(seconds, sign), configuration + R"(,"algorithm":"ES256")");
  } else {
    const auto appraise = [&] { affirmed(*platform.engine, request); };
    bench::print("appraise", bench::measure(seconds, appraise), configuration);
  }
}
