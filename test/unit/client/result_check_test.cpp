#include "client/result_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

namespace credence::client {
namespace {

const Timestamp kNow{std::chrono::seconds(1'000'000)};
const Bytes kNonce(32, 0x5a);

const crypto::PrivateKey& verifier_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

rats::Ear good_ear() {
  rats::Ear ear;
  ear.issued_at = kNow;
  ear.nonce = kNonce;
  ear.issuer = "https://verifier.example";
  rats::Submodule& submodule = ear.submodules["PARSEC_TPM"];
  submodule.status = rats::Tier::affirming;
  return ear;
}

struct Case {
  std::string name;
  std::function<void(rats::Ear&, RemoteVerifier&)> change;
  std::optional<Errc> refused;
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.name; }

class CheckResult : public testing::TestWithParam<Case> {};
using std::chrono::seconds;
INSTANTIATE_TEST_SUITE_P(
    All, CheckResult,
    testing::Values(
        Case{"good", [](rats::Ear&, RemoteVerifier&) {}, std::nullopt},
        Case{"issuer_matches", [](rats::Ear&, RemoteVerifier& v) { v.issuer = "https://verifier.example"; }, {}},
        Case{"second_key",
             [](rats::Ear&, RemoteVerifier& v) {
               v.keys.insert(v.keys.begin(),
                             crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value().public_key());
             },
             {}},
        Case{"oldest_allowed", [](rats::Ear& e, RemoteVerifier&) { e.issued_at = kNow - seconds(120); }, {}},
        Case{"too_old", [](rats::Ear& e, RemoteVerifier&) { e.issued_at = kNow - seconds(121); }, Errc::stale},
        Case{"clock_ahead", [](rats::Ear& e, RemoteVerifier&) { e.issued_at = kNow + seconds(30); }, {}},
        Case{"from_the_future", [](rats::Ear& e, RemoteVerifier&) { e.issued_at = kNow + seconds(31); }, Errc::stale},
        Case{"not_expired", [](rats::Ear& e, RemoteVerifier&) { e.expires = kNow + seconds(1); }, {}},
        Case{"expired", [](rats::Ear& e, RemoteVerifier&) { e.expires = kNow; }, Errc::stale},
        Case{"other_nonce", [](rats::Ear& e, RemoteVerifier&) { e.nonce = Bytes(32, 0x5b); }, Errc::nonce_mismatch},
        Case{"no_nonce", [](rats::Ear& e, RemoteVerifier&) { e.nonce.reset(); }, Errc::nonce_mismatch},
        Case{"other_issuer", [](rats::Ear&, RemoteVerifier& v) { v.issuer = "https://verifier.example/"; },
             Errc::untrusted_verifier},
        Case{"other_key",
             [](rats::Ear&, RemoteVerifier& v) {
               v.keys = {crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value().public_key()};
             },
             Errc::untrusted_verifier}),
    [](const auto& example) { return example.param.name; });

TEST_P(CheckResult, Decides) {
  rats::Ear ear = good_ear();
  RemoteVerifier verifier;
  verifier.keys = {verifier_key().public_key()};
  GetParam().change(ear, verifier);
  const auto checked = check_result(rats::sign_ear(ear, verifier_key()).value(), verifier, kNonce, kNow);
  ASSERT_EQ(checked.has_value(), !GetParam().refused) << checked.error().text();
  if (!checked) {
    EXPECT_EQ(checked.error().code, *GetParam().refused) << checked.error().text();
  }
}

TEST(CheckResult, RefusesWhatIsNoToken) {
  RemoteVerifier verifier;
  verifier.keys = {verifier_key().public_key()};
  EXPECT_EQ(check_result("eyJhbGciOiJub25lIn0.e30.", verifier, kNonce, kNow).error().code, Errc::untrusted_verifier);
  EXPECT_EQ(check_result("", verifier, kNonce, kNow).error().code, Errc::untrusted_verifier);
}

}  // namespace
}  // namespace credence::client
