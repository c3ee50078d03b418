// How a TPM is reached, what it cannot do, and what happens when it goes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <tss2/tss2_tctildr.h>

#include <fstream>
#include <functional>
#include <span>

#include "evidence/media_types.h"
#include "rot/tpm2/required_library.h"
#include "support/tcti_without_sha384.h"
#include "support/tpm2_device.h"

namespace credence::rot::tpm2 {
namespace {

using test::TpmKind;
using test::TpmUnderTest;
using ::testing::HasSubstr;

crypto::Digest message() { return *crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("message")); }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

TEST(Tpm2Transport, RefusesASecondLibtpmsInOneProcess) {
  const TpmUnderTest first(TpmKind::libtpms);
  const TpmUnderTest second(TpmKind::libtpms);
  {
    const auto open = first.open();
    ASSERT_TRUE(open) << open.error().text();
    const auto refused = second.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
  }
  EXPECT_TRUE(second.open());
}

TEST(Tpm2Transport, WorksWithoutAStateFileAndLeavesNothingBehind) {
  TpmUnderTest tpm(TpmKind::libtpms);
  tpm.options.tcti = "libtpms";
  const auto device = tpm.open();
  ASSERT_TRUE(device) << device.error().text();
  EXPECT_TRUE(test::sign(*(*device)->tls_key(), message()));
  EXPECT_FALSE(std::filesystem::exists("NVChip"));
}

TEST(Tpm2Transport, KeepsTheStateOfTheTpmPrivate) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  ASSERT_TRUE(tpm.open());
  struct stat status{};
  ASSERT_EQ(::stat((tpm.directory() / "tpm.state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Tpm2Transport, RefusesAStateFileThatAnotherProcessUses) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  const std::string lock = (tpm.directory() / "tpm.state.lock").string();
  const int holder = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(holder, LOCK_EX | LOCK_NB), 0);
  ASSERT_EQ(::write(holder, "4711", 4), 4);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::busy);
  EXPECT_TRUE(is_undecided(refused.error().code));
  EXPECT_THAT(refused.error().why, HasSubstr("process 4711"));
  ::close(holder);
  EXPECT_TRUE(tpm.open());
}

TEST(Tpm2Transport, RefusesAStateFileThatIsALink) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  const auto file = tpm.directory() / "tpm.state";
  const auto target = tpm.directory() / "target";
  ASSERT_TRUE(tpm.open());
  std::filesystem::rename(file, target);
  std::filesystem::create_symlink(target, file);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, HasSubstr("symbolic link"));
  std::filesystem::rename(target, file);
  EXPECT_TRUE(tpm.open());
}

TEST(Tpm2Transport, RefusesAStateFileThatOthersMayRead) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  const std::string file = (tpm.directory() / "tpm.state").string();
  ASSERT_TRUE(tpm.open());
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_EQ(refused.error().path, file);
  EXPECT_THAT(refused.error().why, HasSubstr("chmod 0600"));
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_TRUE(tpm.open());
}

struct Damage {
  std::string name;
  std::function<void(std::string& state)> damage;
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class Tpm2DamagedState : public ::testing::TestWithParam<Damage> {};

TEST_P(Tpm2DamagedState, IsCalledDamagedAndLeftAsItIs) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  const std::string file = (tpm.directory() / "tpm.state").string();
  ASSERT_TRUE(tpm.open());
  const std::string good = read(file);
  std::string bad = good;
  GetParam().damage(bad);
  write(file, bad);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().text(), HasSubstr("the TPM state is damaged"));
  EXPECT_THAT(refused.error().text(), HasSubstr(file));
  EXPECT_TRUE(read(file).starts_with(bad));
  write(file, good);
  EXPECT_TRUE(tpm.open());
}

INSTANTIATE_TEST_SUITE_P(
    States, Tpm2DamagedState,
    ::testing::Values(Damage{"CutInTheFirstSize", [](std::string& state) { state.resize(3); }},
                      Damage{"CutInThePermanentState", [](std::string& state) { state.resize(100); }},
                      Damage{"CutAtTheEnd", [](std::string& state) { state.pop_back(); }},
                      Damage{"HugeSize", [](std::string& state) { state[0] = '\xff'; }},
                      Damage{"NoState", [](std::string& state) { state.assign(5000, '\0'); }},
                      Damage{"AnotherMagic", [](std::string& state) { state[6] = static_cast<char>(state[6] ^ 1); }}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(Tpm2Libraries, AreNamedWithTheirPackageWhenTheyAreMissing) {
  constexpr RequiredLibrary kThere{"libtpms", "libtss2-tcti-libtpms.so.0", "libtss2-tcti-libtpms0t64"};
  constexpr RequiredLibrary kMissing{"libtpms", "libno-such-library.so.0", "libtpms0"};
  const RequiredLibrary all[] = {kThere, kMissing};
  const auto refused = check_libraries("libtpms:/tmp/state", all);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, HasSubstr("libno-such-library.so.0 cannot be loaded: install the Debian package "
                                             "libtpms0"));
  EXPECT_TRUE(check_libraries("libtpms", std::span(all).first(1)));
  EXPECT_TRUE(check_libraries("swtpm:port=1", all));
  EXPECT_TRUE(check_libraries("libtpms:/tmp/state", required_libraries()));
}

struct BadTcti {
  std::string name;
  std::string tcti;
  Errc code;
};
void PrintTo(const BadTcti& bad, std::ostream* out) { *out << bad.tcti; }

class Tpm2BadTcti : public ::testing::TestWithParam<BadTcti> {};

TEST_P(Tpm2BadTcti, IsRefused) {
  TpmUnderTest tpm(TpmKind::libtpms);
  tpm.options.tcti = GetParam().tcti;
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, GetParam().code) << refused.error().text();
  EXPECT_THAT(refused.error().text(), HasSubstr(GetParam().tcti.substr(0, 6)));
}

INSTANTIATE_TEST_SUITE_P(Strings, Tpm2BadTcti,
                         ::testing::Values(BadTcti{"device", "device:/dev/no-such-tpm", Errc::device_missing},
                                           BadTcti{"swtpm", "swtpm:host=127.0.0.1,port=9", Errc::device_missing},
                                           BadTcti{"unknown", "carrier-pigeon:", Errc::configuration},
                                           BadTcti{"no_file", "libtpms:", Errc::usage}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(Tpm2State, RefusesADirectoryThatOthersMayEnter) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  ASSERT_TRUE(tpm.open());
  ASSERT_EQ(::chmod(tpm.options.state_directory.c_str(), 0750), 0);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, HasSubstr("chmod 0700"));
  ASSERT_EQ(::chmod(tpm.options.state_directory.c_str(), 0700), 0);
  EXPECT_TRUE(tpm.open());
}

TEST(Tpm2State, RefusesAFileThatOthersMayRead) {
  const TpmUnderTest tpm(TpmKind::libtpms);
  ASSERT_TRUE(tpm.open());
  const auto file = tpm.options.state_directory / "channel-ak.cbor";
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_EQ(refused.error().path, file.string());
}

TEST(Tpm2State, RefusesAnotherKeyTypeThanTheStoredOne) {
  TpmUnderTest tpm(TpmKind::libtpms);
  ASSERT_TRUE(tpm.open());
  tpm.options.attestation_key = crypto::KeyType::ec_p384;
  const auto refused = tpm.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
}

class Tpm2Swtpm : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::Swtpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm.emplace(TpmKind::swtpm);
  }
  std::optional<TpmUnderTest> tpm;
};

TEST_F(Tpm2Swtpm, LoadsItsKeysAgainAfterAResetOfTheTpm) {
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
  ASSERT_TRUE(test::sign(*(*device)->tls_key(), message()));
  tpm->swtpm().reset();
  const auto signature = test::sign(*(*device)->tls_key(), message());
  EXPECT_TRUE(signature) << signature.error().text();
}

TEST_F(Tpm2Swtpm, AnswersInTimeWhenTheTpmHangs) {
  tpm->options.timeout = std::chrono::milliseconds(2000);
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
  tpm->swtpm().pause();
  const auto signature = test::sign(*(*device)->tls_key(), message());
  tpm->swtpm().resume();
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, Errc::timeout);
  EXPECT_TRUE(test::sign(*(*device)->tls_key(), message()));
}

TEST_F(Tpm2Swtpm, SaysThatTheTpmIsGone) {
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
  tpm->swtpm().stop();
  const auto signature = test::sign(*(*device)->tls_key(), message());
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, Errc::device_missing) << signature.error().text();
}

TEST_F(Tpm2Swtpm, BindsNoSha384WhereTheTpmLacksIt) {
  TSS2_TCTI_CONTEXT* real = nullptr;
  ASSERT_EQ(Tss2_TctiLdr_Initialize(tpm->swtpm().tcti().c_str(), &real), TSS2_RC_SUCCESS);
  {
    test::TctiWithoutSha384 without_sha384(real);
    tpm->options.transport = without_sha384.get();
    const auto device = tpm->open();
    ASSERT_TRUE(device) << device.error().text();
    EXPECT_TRUE((*device)->can_bind(crypto::HashAlgorithm::sha256));
    EXPECT_FALSE((*device)->can_bind(crypto::HashAlgorithm::sha384));
    const auto facts = [](std::uint16_t suite) {
      return SessionFacts{.cipher_suite = suite, .exported = Bytes(32, 1), .role = evidence::Role::client};
    };
    const std::vector<std::string> accept{std::string(evidence::kParsecTpm)};
    EXPECT_TRUE(test::attest(**device, facts(0x1301), (*device)->tls_key(), accept));
    const auto refused = test::attest(**device, facts(0x1302), (*device)->tls_key(), accept);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported_algorithm);
  }
  Tss2_TctiLdr_Finalize(&real);
}

TEST_F(Tpm2Swtpm, RefusesP384KeysWhereTheTpmLacksThem) {
  TSS2_TCTI_CONTEXT* real = nullptr;
  ASSERT_EQ(Tss2_TctiLdr_Initialize(tpm->swtpm().tcti().c_str(), &real), TSS2_RC_SUCCESS);
  {
    test::TctiWithoutSha384 without_sha384(real);
    tpm->options.transport = without_sha384.get();
    tpm->options.tls_key = crypto::KeyType::ec_p384;
    const auto refused = tpm->open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported_algorithm);
  }
  Tss2_TctiLdr_Finalize(&real);
}

}  // namespace
}  // namespace credence::rot::tpm2
