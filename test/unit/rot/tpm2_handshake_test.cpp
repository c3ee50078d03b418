// A TLS handshake over a TPM, with a real verifier: what the TPM cannot bind is never negotiated.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tss2/tss2_tctildr.h>

#include "provider/provider.h"
#include "support/tcti_without_sha384.h"
#include "support/tpm2_device.h"
#include "unit/channel/in_memory.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::rot::tpm2 {
namespace {

using channel::ContextPtr;
using channel::Pair;

evidence::tpm::Endorsement endorse(Device& device, const evidence::tpm::PcrSelection& selection) {
  auto read = test::await<Endorsement>([&](auto done) { device.read_endorsement(std::move(done)); }).value();
  evidence::tpm::Endorsement made{.class_id = {}, .keys = {read.attestation_keys.front()}, .pcrs = {}};
  made.pcrs =
      test::await<evidence::tpm::PcrValues>([&](auto done) { device.read_pcrs(selection, std::move(done)); }).value();
  return made;
}

// Approves this state of this TPM, and nothing else.
channel::Demands demands_of(const evidence::tpm::Endorsement& endorsement) {
  const auto store = verifier::memory_store();
  for (const auto& corim : {evidence::tpm::veraison_corim(endorsement), evidence::tpm::keys_corim(endorsement)}) {
    EXPECT_TRUE(store->submit(corim.value(), as_bytes(std::get<std::string>(corim->id))));
  }
  auto engine = std::make_shared<verifier::Engine>(
      store, channel::test_clock(), verifier::Policy{},
      verifier::Engine::Identity{.developer = "Credence", .build = "test", .issuer = {}});
  return {.appraiser = verifier::local_appraiser(std::move(engine)),
          .pin = {.instances = {endorsement.keys.front().kid}, .names = {}},
          .attestation_only = true,
          .verdict_deadline = std::chrono::seconds(5)};
}

ContextPtr context_over(const Device& device) {
  const auto key = provider::private_key(device.tls_key()).value();
  const Timestamp now = channel::test_time();
  const auto certificate = provider::self_signed_certificate(key.get(), {.common_name = "machine",
                                                                         .dns_names = {},
                                                                         .not_before = now - std::chrono::hours(1),
                                                                         .not_after = now + std::chrono::hours(1)})
                               .value();
  ContextPtr made(SSL_CTX_new(TLS_client_method()));
  EXPECT_EQ(SSL_CTX_use_certificate(made.get(), crypto::native(certificate)), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(made.get(), key.get()), 1);
  return made;
}

// What the two ends came to.
struct Negotiated {
  Result<void> open;  // the relying party's gate
  std::string suite;  // empty without a handshake
  bool uses_sha256 = false;
};

// The device attests itself as a client; `suites` are the relying party's.
Negotiated connect(const std::shared_ptr<Device>& device, const evidence::tpm::PcrSelection& selection,
                   const char* suites) {
  const channel::Device relying_party;
  const ContextPtr client = context_over(*device);
  const ContextPtr server = relying_party.context(TLS_server_method());
  EXPECT_EQ(SSL_CTX_set_ciphersuites(server.get(), suites), 1);
  SSL_CTX_set_options(server.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  const channel::Offer offer{.attester = device, .insecure_to_unverified_servers = true};
  EXPECT_TRUE(channel::attach(client.get(), channel::attachment({}, offer)));
  EXPECT_TRUE(channel::attach(server.get(), channel::attachment(demands_of(endorse(*device, selection)), {})));
  Pair pair(client.get(), server.get());
  SSL_clear_mode(pair.client.ssl, SSL_MODE_ASYNC);  // waits for its TPM
  pair.run();
  Negotiated result{.open = channel::check_open(pair.server.ssl), .suite = {}};
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(pair.server.ssl)) {
    result.suite = SSL_CIPHER_get_name(cipher);
    result.uses_sha256 = EVP_MD_is_a(SSL_CIPHER_get_handshake_digest(cipher), "SHA256") == 1;
  }
  return result;
}

constexpr const char* kSha384First = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

class Tpm2Handshake : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::Swtpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm.emplace(test::TpmKind::swtpm);
  }
  std::optional<test::TpmUnderTest> tpm;
};

TEST_F(Tpm2Handshake, BindsToTheSuiteThatTheRelyingPartyPrefers) {
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
  const Negotiated result = connect(*device, tpm->options.pcrs, kSha384First);
  EXPECT_TRUE(result.open) << result.open.error().text();
  EXPECT_EQ(result.suite, "TLS_AES_256_GCM_SHA384");
  EXPECT_FALSE(result.uses_sha256);
}

TEST_F(Tpm2Handshake, UsesOnlySha256WhereTheTpmLacksSha384) {
  TSS2_TCTI_CONTEXT* real = nullptr;
  ASSERT_EQ(Tss2_TctiLdr_Initialize(tpm->swtpm().tcti().c_str(), &real), TSS2_RC_SUCCESS);
  {
    test::TctiWithoutSha384 without_sha384(real);
    tpm->options.transport = without_sha384.get();
    const auto device = tpm->open();
    ASSERT_TRUE(device) << device.error().text();
    const Negotiated result = connect(*device, tpm->options.pcrs, kSha384First);
    EXPECT_TRUE(result.open) << result.open.error().text();
    EXPECT_EQ(result.suite, "TLS_CHACHA20_POLY1305_SHA256");
    EXPECT_TRUE(result.uses_sha256);

    const Negotiated none = connect(*device, tpm->options.pcrs, "TLS_AES_256_GCM_SHA384");
    EXPECT_FALSE(none.open);
    EXPECT_EQ(none.suite, "");
  }
  Tss2_TctiLdr_Finalize(&real);
}

}  // namespace
}  // namespace credence::rot::tpm2
