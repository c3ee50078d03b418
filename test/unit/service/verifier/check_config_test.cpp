#include "service/verifier/check_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "service/verifier/config_options.h"
#include "support/certificate_files.h"
#include "support/refusal.h"
#include "verifier/store/sqlite/store.h"

namespace credence::service {
namespace {

using testing::HasSubstr;

class CheckConfig : public testing::Test {
 protected:
  CheckConfig() {
    std::filesystem::permissions(files.key, std::filesystem::perms::owner_read);
    good = "listen = '127.0.0.1:0'\nstore = 'sqlite:" + (directory.path() / "store.db").string() +
           "'\nsigning-key = '" + (directory.path() / "ear.pem").string() + "'\ncert = '" + files.certificate.string() +
           "'\nkey = '" + files.key.string() + "'\n";
  }

  ConfigReport check(const std::string& text, StoreProbe probe = StoreProbe::none) {
    const auto file = test::write_file(directory.path() / "verifier.toml", text);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return check_config(file, probe, system_clock()->now()).value();
  }

  // "problem 2:1 key what", one a line.
  static std::string said(const ConfigReport& report) {
    std::string all;
    for (const Finding& finding : report.findings)
      all += std::format("{} {}:{} {} {}\n", finding.severity == Severity::problem ? "problem" : "warning",
                         finding.where.line, finding.where.column, finding.key, finding.what);
    return all;
  }

  test::TemporaryDirectory directory;
  test::CertificateFiles files = test::write_certificate(directory, "server");
  std::string good;
};

TEST_F(CheckConfig, FindsNoProblemInAGoodOne) {
  const ConfigReport report = check(good, StoreProbe::connect);
  EXPECT_TRUE(report.usable()) << said(report);
  EXPECT_THAT(said(report), HasSubstr("warning 3:15 signing-key"));  // not there yet
  EXPECT_THAT(said(report), HasSubstr("expires at"));                // the certificate of this test lives for an hour
}

TEST_F(CheckConfig, SaysAllThatIsWrongAndWhere) {
  const ConfigReport report = check(good +
                                    "minimum-pcrs = [24]\nisuer = 'x'\nthreads = 'many'\nnonce-dialect = 'latin'\n"
                                    "corim-anchor = ['/nowhere/root.pem']\nprovisioning-token = '/nowhere/token'\n"
                                    "metrics-listen = 'here'\nlog-level = 'loud'\n"
                                    "retired-key = ['/nowhere/old.pub']\naudit-log = '/nowhere/audit'\n");
  EXPECT_FALSE(report.usable());
  const std::string all = said(report);
  for (const char* expected :
       {"problem 6:17 minimum-pcrs minimum-pcrs: expected a whole number from 0 to 23",
        "problem 7:1 isuer unknown key \"isuer\"; the nearest known one is issuer",
        "problem 8:11 threads threads: expected a whole number",
        "problem 9:17 nonce-dialect --nonce-dialect: expected one of url, url-padded, standard, got 'latin'",
        "problem 10:16 corim-anchor", "/nowhere/root.pem", "problem 11:22 provisioning-token",
        "problem 12:18 metrics-listen --metrics-listen: expected HOST:PORT",
        "problem 13:13 log-level --log-level: expected one of debug, info, warning, error, got 'loud'",
        "problem 14:15 retired-key", "problem 15:13 audit-log /nowhere: expected the folder of the audit log"})
    EXPECT_THAT(all, HasSubstr(expected));
}

TEST_F(CheckConfig, WantsSealedSessionsOverASharedStore) {
  const auto keys = test::write_file(directory.path() / "session.keys", std::string(64, 'a'));
  std::filesystem::permissions(keys, std::filesystem::perms::owner_read);
  const std::string with_keys = good + "session-key = '" + keys.string() + "'\n";
  EXPECT_THAT(said(check(with_keys)), HasSubstr("problem 6:15 session-key session-key: sealed sessions need a store"));
  std::string shared = with_keys;
  const std::string own = "sqlite:" + (directory.path() / "store.db").string();
  shared.replace(shared.find(own), own.size(), "postgresql://verifier@db.example/credence");
  EXPECT_THAT(said(check(shared)), testing::Not(HasSubstr("session-key")));
  std::filesystem::permissions(keys, std::filesystem::perms(0644));
  EXPECT_THAT(said(check(shared)), HasSubstr("problem 6:15 session-key configuration in " + keys.string() +
                                             ": expected a file that only its owner can read, got mode 644"));
}

TEST_F(CheckConfig, FindsAKeyThatBelongsToAnotherCertificate) {
  const auto other = test::write_certificate(directory, "other");
  std::string text = good;
  text.replace(text.find(files.key.string()), files.key.string().size(), other.key.string());
  EXPECT_THAT(said(check(text)), HasSubstr("problem 5:7 key configuration in " + other.key.string()));
}

TEST_F(CheckConfig, WantsSecretsThatOnlyTheirOwnerReads) {
  std::filesystem::permissions(files.key, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  test::write_file(directory.path() / "ear.pem", "no key");
  const ConfigReport report = check(good);
  EXPECT_THAT(said(report), HasSubstr("problem 5:7 key"));
  EXPECT_THAT(said(report), HasSubstr("chmod 600"));
  EXPECT_THAT(said(report), HasSubstr("problem 3:15 signing-key"));
  std::filesystem::permissions(directory.path() / "ear.pem", std::filesystem::perms::owner_read);
  EXPECT_THAT(said(check(good)), HasSubstr("expected a PEM private key"));
}

TEST_F(CheckConfig, LooksIntoTheStoreOnlyWhenAskedAndChangesNothing) {
  const auto store = directory.path() / "store.db";
  EXPECT_TRUE(check(good, StoreProbe::connect).usable());
  EXPECT_FALSE(std::filesystem::exists(store));
  test::write_file(store,
                   "this is no database, whatever its name says. Enough octets for a header, though: ............");
  EXPECT_TRUE(check(good).usable());
  const ConfigReport report = check(good, StoreProbe::connect);
  EXPECT_FALSE(report.usable());
  EXPECT_THAT(said(report), HasSubstr("problem 2:9 store"));
  std::filesystem::remove(store);
  ASSERT_TRUE(verifier::open_sqlite_store(store));
  EXPECT_TRUE(check(good, StoreProbe::connect).usable());
  EXPECT_THAT(said(check("store = 'sqlite:/nowhere/store.db'")),
              HasSubstr("/nowhere: expected the folder of the store"));
  EXPECT_THAT(said(check("store = 'mysql://x'")), HasSubstr("store: expected memory:, sqlite:FILE or postgresql://"));
  EXPECT_THAT(said(check("store = 'postgresql://u@/d?host=/nowhere'", StoreProbe::connect)), HasSubstr("PostgreSQL:"));
}

TEST_F(CheckConfig, WarnsOfWhatIsInsecure) {
  const ConfigReport report = check(
      "listen = ':0'\nstore = 'memory:'\nsigning-key = 'x'\ninsecure-http = true\nallow-insecure-test-root = true\n");
  EXPECT_TRUE(report.usable()) << said(report);
  EXPECT_THAT(said(report), HasSubstr("warning 4:17 insecure-http"));
  EXPECT_THAT(said(report), HasSubstr("warning 5:28 allow-insecure-test-root"));
  EXPECT_THAT(said(report), HasSubstr("warning 2:9 store"));
}

TEST_F(CheckConfig, RefusesAFileThatOthersMayWrite) {
  const auto file = test::write_file(directory.path() / "verifier.toml", good);
  std::filesystem::permissions(file, std::filesystem::perms::all);
  test::expect_refused(check_config(file, StoreProbe::none, {}), Errc::configuration, "chmod go-w");
}

TEST(ConfigAsToml, ReadsBackAsItIsAndTellsNoPassword) {
  VerifierConfig config;
  config.listen = "127.0.0.1:0";
  config.issuer = "say \"hi\" \\ \n";
  config.corim_anchors = {"a.pem", "b.pem"};
  config.minimum_pcrs = {0, 7};
  VerifierConfig again;
  const auto nothing = [](std::string_view) { return false; };
  ASSERT_TRUE(parse_config(to_toml(config), nothing, again)) << to_toml(config);
  EXPECT_EQ(to_toml(again), to_toml(config));
  EXPECT_EQ(again.issuer, config.issuer);
  config.store = "postgresql://credence:hunter2@db.example/credence?password=hunter2&sslmode=verify-full";
  EXPECT_THAT(to_toml(config), testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(to_toml(config),
              HasSubstr("postgresql://credence:***@db.example/credence?password=***&sslmode=verify-full"));
}

}  // namespace
}  // namespace credence::service
