#include "credence/local_verifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/clock.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/temporary_directory.h"

namespace credence {
namespace {

class LocalVerifier : public testing::Test {
 protected:
  Result<Appraiser> load(const std::optional<rats::Validity>& validity) {
    corim.validity = validity;
    const Bytes octets = rats::encode_corim(corim).value();
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
    return local_verifier({.corims = {file}});
  }

  test::TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "veraison.corim.cbor";
  rats::Corim corim = evidence::tpm::veraison_corim(test::EvidenceMaker{}.endorsement()).value();
  Timestamp now = std::chrono::floor<std::chrono::seconds>(system_clock()->now());
};

TEST_F(LocalVerifier, LoadsACorimThatIsValidNow) {
  EXPECT_TRUE(load({}));
  const auto loaded = load(rats::Validity{.not_before = now, .not_after = now + std::chrono::hours(1)});
  EXPECT_TRUE(loaded) << loaded.error().text();
}

TEST_F(LocalVerifier, RefusesACorimBeforeAndAfterItsTime) {
  const std::chrono::hours hour(1);
  test::expect_refused(load(rats::Validity{.not_before = {}, .not_after = now - hour}), Errc::expired,
                       "not valid after");
  test::expect_refused(load(rats::Validity{.not_before = now + hour, .not_after = now + 2 * hour}), Errc::expired,
                       "not valid before");
  test::expect_refused(load(rats::Validity{.not_before = {}, .not_after = now - hour}), Errc::expired,
                       "veraison.corim.cbor");
}

}  // namespace
}  // namespace credence
