// Tenants whose keys of results stay in a PKCS#11 token, a key for each: the whole service, over OpenSSL's
// pkcs11-provider and SoftHSM.
#include <gtest/gtest.h>

#include <format>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "client/http.h"
#include "crypto/hash.h"
#include "evidence/media_types.h"
#include "rats/ear/ear.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/server.h"
#include "sign/jose/jwk.h"
#include "support/certificate_files.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/running.h"
#include "support/softhsm.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

const std::vector<std::string> kTenants{"default", "acme"};

// Of each tenant one caller, whose token is the tenant's name.
std::string access_file_text() {
  std::string text = "tenants = [\"default\", \"acme\"]\n";
  for (const std::string& tenant : kTenants) {
    const crypto::Digest digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(tenant)).value();
    text += std::format("[[token]]\nname = \"{0}\"\nroles = [\"relying-party\"]\ntenant = \"{0}\"\nsha256 = \"{1}\"\n",
                        tenant, to_hex(digest.view()));
  }
  return text;
}

class TokenTenants : public testing::Test {
 protected:
  void SetUp() override { CREDENCE_SOFTHSM_OR_SKIP(); }

  // The label in the token is the default tenant's.
  [[nodiscard]] VerifierOptions options_for(const test::SoftHsm& hsm, const std::string& label) const {
    VerifierOptions options;
    options.insecure_http = true;
    options.access_file = test::write_private_file(directory.path() / "access.toml", access_file_text());
    options.keys.signing_key = std::format("{}?module-path={}&pin-source=file:{}", test::SoftHsm::uri(label),
                                           test::kSoftHsmModule, hsm.pin_file().string());
    return options;
  }

  [[nodiscard]] static client::HttpResponse ask(const VerifierServer& server, const std::string& tenant,
                                                client::HttpRequest request) {
    request.url = server.url() + request.url;
    request.headers.emplace_back("Authorization", "Bearer " + tenant);
    return client::request(request, {}).value();
  }
  // About a machine that nobody has endorsed: it is signed like any other.
  [[nodiscard]] static std::string result_for(const VerifierServer& server, const std::string& tenant) {
    const test::EvidenceMaker maker;
    const std::string sessions = "/challenge-response/v1/";
    const auto opened = ask(
        server, tenant,
        {.method = client::HttpMethod::post, .url = sessions + "newSession?nonce=" + to_base64url(maker.extra_data)});
    EXPECT_EQ(opened.status, 201) << opened.text();
    const auto answer = ask(server, tenant,
                            {.method = client::HttpMethod::post,
                             .url = sessions + std::string(opened.header("location")),
                             .headers = {{"Content-Type", std::string(evidence::kParsecTpm)}},
                             .body = maker.make()});
    EXPECT_EQ(answer.status, 200) << answer.text();
    return std::string(json::parse(answer.text()).value().as_object().at("result").as_string());
  }
  [[nodiscard]] static std::vector<crypto::PublicKey> keys_for(const VerifierServer& server,
                                                               const std::string& tenant) {
    const auto answer = ask(server, tenant, {.url = std::string(kJwksPath)});
    EXPECT_EQ(answer.status, 200) << answer.text();
    return jose::keys_from_jwks(json::parse(answer.text()).value()).value();
  }

  test::TemporaryDirectory directory;
};

TEST_F(TokenTenants, SignWithKeysOfTheirOwn) {
  const test::SoftHsm hsm;
  std::vector<crypto::PublicKey> keys;
  for (const std::string label : {"ear", "ear.acme"}) {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    hsm.import(key, label, static_cast<unsigned>(keys.size()) + 1);
    keys.push_back(key.public_key());
  }
  auto started = VerifierServer::start(options_for(hsm, "ear"), no_log());
  ASSERT_TRUE(started) << started.error().text();
  const test::Running server(*std::move(started));
  std::vector<std::string> results;
  for (std::size_t i = 0; i < kTenants.size(); ++i) {
    EXPECT_EQ(keys_for(*server, kTenants[i]), std::vector{keys[i]}) << kTenants[i];
    results.push_back(result_for(*server, kTenants[i]));
  }
  for (std::size_t i = 0; i < kTenants.size(); ++i) {
    const auto own = rats::verify_ear(results[i], keys_for(*server, kTenants[i]));
    EXPECT_TRUE(own) << own.error().text();
    test::expect_refused(rats::verify_ear(results[i], keys_for(*server, kTenants[1 - i])), Errc::untrusted_verifier,
                         "is signed by none of the 1 verifier keys");
  }
  // The one goes on signing after the other has.
  EXPECT_TRUE(rats::verify_ear(result_for(*server, kTenants[0]), keys_for(*server, kTenants[0])));
}

TEST_F(TokenTenants, DoNotStartWithoutTheKeyOfOne) {
  const test::SoftHsm hsm;
  hsm.import(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(), "ear", 1);
  const auto refused = VerifierServer::start(options_for(hsm, "ear"), no_log());
  test::expect_refused(refused, Errc::not_found, "expected exactly one private key of that name in the token, got 0");
  test::expect_refused(refused, Errc::not_found, "tenant acme");
}

}  // namespace
}  // namespace credence::service
