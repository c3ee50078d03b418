// The TPM root of trust over real software TPMs: keys, signatures, state, slots, binding to PCRs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/threads.h"
#include "support/tpm2_device.h"

namespace credence::rot::tpm2 {
namespace {

using test::TpmKind;
using test::TpmUnderTest;
using ::testing::HasSubstr;

crypto::Digest digest_of(std::string_view text) {
  return *crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(text));
}

Result<void> verify(const TlsKey& key, const crypto::Digest& digest, ByteView der) {
  const std::size_t field = key.public_key().type() == crypto::KeyType::ec_p384 ? 48 : 32;
  TRY(const Bytes signature, crypto::ecdsa_from_der(der, field));
  const ByteView view = signature;
  return key.public_key().verify_ecdsa(digest, view.first(field), view.last(field));
}

class Tpm2Device : public ::testing::TestWithParam<TpmKind> {
 protected:
  void SetUp() override {
    if (GetParam() == TpmKind::swtpm && !test::Swtpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm.emplace(GetParam());
  }

  std::shared_ptr<Device> open() {
    auto device = tpm->open();
    EXPECT_TRUE(device) << device.error().text();
    return device ? *device : nullptr;
  }

  std::optional<TpmUnderTest> tpm;
};

TEST_P(Tpm2Device, SignsWhatOpensslVerifies) {
  const auto device = open();
  ASSERT_TRUE(device);
  const auto key = device->tls_key();
  const crypto::Digest digest = digest_of("message");
  const auto signature = test::sign(*key, digest);
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_TRUE(verify(*key, digest, *signature));
  EXPECT_FALSE(verify(*key, digest_of("another message"), *signature));
}

TEST_P(Tpm2Device, RefusesHashesThatTheKeyDoesNotSignOver) {
  const auto device = open();
  ASSERT_TRUE(device);
  EXPECT_TRUE(device->tls_key()->can_sign(crypto::HashAlgorithm::sha256));
  EXPECT_FALSE(device->tls_key()->can_sign(crypto::HashAlgorithm::sha384));
  const auto signature =
      test::sign(*device->tls_key(), *crypto::digest(crypto::HashAlgorithm::sha384, as_bytes("message")));
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, Errc::unsupported_algorithm);
}

TEST_P(Tpm2Device, SignsWithP384) {
  tpm->options.tls_key = crypto::KeyType::ec_p384;
  const auto device = open();
  ASSERT_TRUE(device);
  const auto digest = *crypto::digest(crypto::HashAlgorithm::sha384, as_bytes("message"));
  const auto signature = test::sign(*device->tls_key(), digest);
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_TRUE(verify(*device->tls_key(), digest, *signature));
}

TEST_P(Tpm2Device, KeepsItsKeysWhenOpenedAgain) {
  Bytes key;
  Kid kid;
  {
    const auto device = open();
    ASSERT_TRUE(device);
    key = to_bytes(device->tls_key()->public_key().spki());
    const auto endorsement = test::await<Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); });
    ASSERT_TRUE(endorsement) << endorsement.error().text();
    kid = endorsement->attestation_keys[0].kid;
  }
  const auto device = open();
  ASSERT_TRUE(device);
  EXPECT_TRUE(equal(device->tls_key()->public_key().spki(), key));
  const auto endorsement = test::await<Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); });
  ASSERT_TRUE(endorsement) << endorsement.error().text();
  EXPECT_EQ(endorsement->attestation_keys[0].kid, kid);
  EXPECT_TRUE(test::sign(*device->tls_key(), digest_of("message")));
}

TEST_P(Tpm2Device, UsesMoreKeysThanTheTpmHasSlots) {
  const auto device = open();
  ASSERT_TRUE(device);
  std::vector<std::shared_ptr<TlsKey>> keys;
  for (const char* name : {"one", "two", "three", "four"}) {
    auto key = device->named_tls_key(name);
    ASSERT_TRUE(key) << key.error().text();
    keys.push_back(*std::move(key));
  }
  const crypto::Digest digest = digest_of("message");
  for (int round = 0; round < 3; ++round) {
    for (const auto& key : keys) {
      const auto signature = test::sign(*key, digest);
      ASSERT_TRUE(signature) << signature.error().text();
      EXPECT_TRUE(verify(*key, digest, *signature));
    }
  }
}

TEST_P(Tpm2Device, KeyBoundToPcrsStopsSigningWhenOneIsExtended) {
  tpm->options.pcr_bound = true;
  const auto device = open();
  ASSERT_TRUE(device);
  const crypto::Digest digest = digest_of("message");
  const auto signature = test::sign(*device->tls_key(), digest);
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_TRUE(verify(*device->tls_key(), digest, *signature));

  const auto extended =
      test::await<void>([&](auto done) { device->extend_pcr(1, digest_of("another firmware"), std::move(done)); });
  ASSERT_TRUE(extended) << extended.error().text();
  const auto refused = test::sign(*device->tls_key(), digest);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::pcr_mismatch);
}

TEST_P(Tpm2Device, ReadsAndExtendsPcrs) {
  const auto device = open();
  ASSERT_TRUE(device);
  const auto selection = parse_pcr_selection("sha256:0,1,2,3,4,5,6,7,8,9,10");
  ASSERT_TRUE(selection);
  const auto read = [&] {
    return *test::await<evidence::tpm::PcrValues>([&](auto done) { device->read_pcrs(*selection, std::move(done)); });
  };
  auto before = read()[evidence::tpm::kAlgSha256];
  EXPECT_EQ(before.size(), 11U);
  const crypto::Digest measurement = digest_of("application");
  ASSERT_TRUE(test::await<void>([&](auto done) { device->extend_pcr(10, measurement, std::move(done)); }));
  auto after = read()[evidence::tpm::kAlgSha256];
  EXPECT_EQ(after[9], before[9]);
  EXPECT_TRUE(
      equal(after[10], crypto::digest(crypto::HashAlgorithm::sha256, {before[10], measurement.view()})->view()));
}

TEST_P(Tpm2Device, StatesWhatAnEndorserNeeds) {
  const auto device = open();
  ASSERT_TRUE(device);
  const auto endorsement = test::await<Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); });
  ASSERT_TRUE(endorsement) << endorsement.error().text();
  ASSERT_EQ(endorsement->attestation_keys.size(), 2U);
  EXPECT_EQ(endorsement->attestation_keys[0].purpose, evidence::tpm::Purpose::channel);
  EXPECT_EQ(endorsement->attestation_keys[1].purpose, evidence::tpm::Purpose::challenge);
  EXPECT_NE(endorsement->attestation_keys[0].kid, endorsement->attestation_keys[1].kid);
  for (const auto& key : endorsement->attestation_keys) {
    const auto area = evidence::tpm::decode_public(key.public_area);
    ASSERT_TRUE(area) << area.error().text();
    EXPECT_TRUE(area->has(evidence::tpm::kRestricted | evidence::tpm::kSign | evidence::tpm::kFixedTpm));
    EXPECT_EQ(key.name, *evidence::tpm::name_of(*area));
    EXPECT_NE(key.qualified_name, key.name);
    Bytes kid{0x01};
    append(kid, crypto::digest(crypto::HashAlgorithm::sha256, area->spki)->view());
    EXPECT_TRUE(equal(key.kid.view(), kid));
  }
  EXPECT_TRUE(endorsement->maker.software);
  EXPECT_THAT(endorsement->attestation_keys[0].maker, HasSubstr("software TPM (IBM SW TPM)"));
  EXPECT_EQ(device->maker().manufacturer, "IBM");
}

TEST_P(Tpm2Device, RefusesStateOfAnotherTpm) {
  ASSERT_TRUE(open());
  TpmUnderTest other(GetParam());
  other.options.state_directory = tpm->options.state_directory;
  const auto refused = other.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, HasSubstr("another TPM"));
}

TEST_P(Tpm2Device, RefusesAKeyWithAnotherAuthorizationValue) {
  ASSERT_TRUE(open());
  // The authorization value is the last member of the record.
  const auto file = tpm->options.state_directory / "tls-tls.cbor";
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(-1, std::ios::end);
  const char changed = static_cast<char>(stream.get() ^ 1);
  stream.seekp(-1, std::ios::end);
  stream.put(changed);
  stream.close();
  const auto device = open();
  ASSERT_TRUE(device);
  const auto refused = test::sign(*device->tls_key(), digest_of("message"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unauthorized) << refused.error().text();
}

TEST_P(Tpm2Device, RefusesMoreRequestsThanTheQueueTakes) {
  tpm->options.queue_length = 1;
  const auto device = open();
  ASSERT_TRUE(device);
  constexpr int kRequests = 50;
  std::vector<std::future<Result<Bytes>>> answers;
  for (int i = 0; i < kRequests; ++i) {
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    answers.push_back(promise->get_future());
    device->tls_key()->sign(digest_of("message"),
                            [promise](Result<Bytes> result) { promise->set_value(std::move(result)); });
  }
  int signed_count = 0;
  int busy = 0;
  for (auto& answer : answers) {
    const auto result = answer.get();
    if (result) ++signed_count;
    if (!result && result.error().code == Errc::busy) ++busy;
  }
  EXPECT_GT(signed_count, 0);
  EXPECT_GT(busy, 0);
  EXPECT_EQ(signed_count + busy, kRequests);
}

TEST_P(Tpm2Device, AnswersEveryRequestWhenItCloses) {
  auto device = open();
  ASSERT_TRUE(device);
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 20; ++i) {
    auto promise = std::make_shared<std::promise<bool>>();
    answers.push_back(promise->get_future());
    device->read_pcrs({.hash = evidence::tpm::kAlgSha256, .pcrs = {0}}, [promise](const auto& result) {
      promise->set_value(result || result.error().code == Errc::unavailable);
    });
  }
  device.reset();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
}

// The last reference goes away on the thread of the TPM itself.
TEST_P(Tpm2Device, ClosesFromItsOwnThread) {
  const std::size_t threads = test::thread_count();
  auto device = open();
  ASSERT_TRUE(device);
  Device& asked = *device;
  std::promise<void> closed;
  asked.read_pcrs({.hash = evidence::tpm::kAlgSha256, .pcrs = {0}},
                  [&closed, held = std::move(device)](const auto&) mutable {
                    held.reset();
                    closed.set_value();
                  });
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(test::threads_fall_to(threads));
}

INSTANTIATE_TEST_SUITE_P(Tpms, Tpm2Device, ::testing::Values(TpmKind::libtpms, TpmKind::swtpm),
                         ::testing::PrintToStringParamName());

// tpm2-tss would write a command into it.
TEST(Tcti, OverwritesNoFileThatIsNoDevice) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "precious";
  std::ofstream(file) << "a line that must survive";
  const auto refused = Device::open({.tcti = "device:" + file.string(), .state_directory = directory.path() / "state"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, HasSubstr("expected a character device"));
  std::string line;
  std::getline(std::ifstream(file), line);
  EXPECT_EQ(line, "a line that must survive");
}

}  // namespace
}  // namespace credence::rot::tpm2
