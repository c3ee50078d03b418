#include "cli/connection_options.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/files.h"
#include "crypto/key.h"
#include "support/refusal.h"
#include "support/temporary_directory.h"

namespace credence::cli {
namespace {

using Side = Stream::Side;
const std::string kKid = "01" + std::string(64, 'a');

class ConnectionOptionsTest : public testing::Test {
 protected:
  ConnectionOptionsTest() {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    EXPECT_TRUE(write_file(folder_.path() / "ear.key", key.pem().view()));
    EXPECT_TRUE(write_file(folder_.path() / "ear.key.pub", as_bytes(key.public_key().pem())));
    good_.insecure_software_root = true;
    good_.require = true;
    good_.verifier = "https://127.0.0.1:1";
    good_.verifier_keys = {(folder_.path() / "ear.key.pub").string()};
    good_.peer_instances = {kKid};
  }

  test::TemporaryDirectory folder_;
  ConnectionOptions good_;
};

TEST_F(ConnectionOptionsTest, AreTakenOnBothSides) {
  for (const Side side : {Side::client, Side::server}) {
    const auto context = make_context(good_, side, "localhost");
    EXPECT_TRUE(context) << context.error().text();
  }
}

struct Wrong {
  std::string_view name;
  std::function<void(ConnectionOptions&)> change;
  std::string_view part;
};

TEST_F(ConnectionOptionsTest, AreRefusedByTheNameOfTheOption) {
  const std::string private_key = (folder_.path() / "ear.key").string();
  const Wrong cases[] = {
      {"kid: no digits", [](auto& o) { o.peer_instances = {"zz"}; }, "--peer-instance"},
      {"kid: odd", [](auto& o) { o.peer_instances = {"012"}; }, "--peer-instance"},
      {"kid: short", [](auto& o) { o.peer_instances = {"01ab"}; }, "--peer-instance: expected a kid of 7 to 64 octets"},
      {"PCRs", [](auto& o) { o.pcrs = "sha256"; }, "--pcrs"},
      {"private key", [&](auto& o) { o.verifier_keys = {private_key}; }, "--verifier-key: expected a public key"},
      {"name without CA", [](auto& o) { o.peer_names = {"device"}; }, "--peer-name needs --peer-ca"},
      {"no verifier", [](auto& o) { o.verifier.clear(); }, "--require: expected --verifier URL or --bundle FILE"},
      {"no key", [](auto& o) { o.verifier_keys.clear(); }, "expected --verifier-key FILE"},
      {"bundle beside a verifier", [](auto& o) { o.bundle = "b"; }, "--bundle works without a verifier"},
      {"age of nothing", [](auto& o) { o.max_age = 60; }, "--max-age and --insecure-no-deny-list need --edge"},
      {"policy of a verifier", [](auto& o) { o.policies = {"PARSEC_TPM=a.lua"}; }, "--policy needs --edge or --bundle"},
      {"policy of no scheme",
       [](auto& o) {
         o.edge = true;
         o.policies = {"a.lua"};
       },
       "--policy: expected SCHEME=FILE"},
      {"not demanded",
       [](auto& o) {
         o.require = false;
         o.attest = true;
       },
       "--bundle, --policy, --peer-instance and --any-of-class need --require"},
      {"no peer", [](auto& o) { o.peer_instances.clear(); }, "--require needs to know which peer is meant"},
  };
  for (const Wrong& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    ConnectionOptions options = good_;
    wrong.change(options);
    for (const Side side : {Side::client, Side::server})
      test::expect_refused(make_context(options, side, "localhost"), Errc::usage, wrong.part);
  }
}

TEST_F(ConnectionOptionsTest, AreTakenWithPoliciesThatCanBeRun) {
  const auto file = [&](std::string_view name, std::string_view rules) {
    const auto path = folder_.path() / name;
    EXPECT_TRUE(write_file(path, as_bytes(rules)));
    return path.string();
  };
  const auto context_with = [&](std::vector<std::string> policies) {
    good_.edge = true;
    good_.policies = std::move(policies);
    return make_context(good_, Side::client, "localhost");
  };
  const std::string good = "PARSEC_TPM=" + file("good.lua", "hardware = GENUINE_HW\n");
  EXPECT_TRUE(context_with({good}));
  test::expect_refused(context_with({good, good}), Errc::usage, "expected one for each scheme");
  test::expect_refused(context_with({"PARSEC_TPM=" + file("bad.lua", "hardware = =\n")}), Errc::invalid_value,
                       "bad.lua");
  test::expect_refused(context_with({"PARSEC_TPN=" + file("good.lua", "")}), Errc::invalid_value, "PARSEC_TPN");
  test::expect_refused(context_with({"PARSEC_TPM=" + (folder_.path() / "none.lua").string()}), Errc::not_found,
                       "the policy cannot be read");
}

TEST_F(ConnectionOptionsTest, AreTakenForAnEdgeAndRefusedWithoutItsBundle) {
  good_.edge = true;
  good_.max_age = 60;
  EXPECT_TRUE(make_context(good_, Side::client, "localhost"));
  good_.edge = false;
  good_.verifier.clear();
  good_.bundle = (folder_.path() / "none.bundle").string();
  test::expect_refused(make_context(good_, Side::client, "localhost"), Errc::not_found, "the bundle cannot be read");
}

TEST_F(ConnectionOptionsTest, ServerIsNotContentWithACaAlone) {
  good_.peer_instances.clear();
  good_.peer_ca = (folder_.path() / "none.pem").string();
  test::expect_refused(make_context(good_, Side::server), Errc::usage, "--peer-name NAME with --peer-ca FILE");
  // A client means the host; what it lacks is only the file. So does a server that names its peers.
  test::expect_refused(make_context(good_, Side::client, "localhost"), Errc::configuration, "none.pem");
  good_.peer_names = {"device.example"};
  test::expect_refused(make_context(good_, Side::server), Errc::configuration, "none.pem");
}

}  // namespace
}  // namespace credence::cli
