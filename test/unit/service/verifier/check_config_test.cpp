#include "service/verifier/check_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "service/verifier/config_options.h"
#include "support/certificate_files.h"
#include "support/environment.h"
#include "support/loaded_library.h"
#include "support/refusal.h"
#include "support/unprivileged.h"
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
        "problem 14:15 retired-key", "problem 15:13 audit-log configuration in /nowhere: expected a folder: make it"})
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

TEST_F(CheckConfig, WantsAnAccessFileThatTheStartWouldTake) {
  const auto file = directory.path() / "access.toml";
  const std::string with_access = good + "access = '" + file.string() + "'\n";
  EXPECT_THAT(said(check(with_access)), HasSubstr("problem 6:10 access configuration in " + file.string()));
  test::write_private_file(file, "[[token]]\nname = 'x'\n");
  EXPECT_THAT(said(check(with_access)), HasSubstr("problem 6:10 access"));
  test::write_private_file(file, "tenants = ['acme']\n");
  EXPECT_TRUE(check(with_access).usable()) << said(check(with_access));
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  EXPECT_THAT(said(check(with_access)), HasSubstr("only its owner can read, got mode 644"));
}

TEST_F(CheckConfig, LooksAtTheKeysAndStoresOfAllTenants) {
  const auto file = test::write_private_file(directory.path() / "access.toml", "tenants = ['acme']\n");
  const std::string with_access = good + "access = '" + file.string() + "'\n";
  EXPECT_TRUE(check(with_access).usable()) << said(check(with_access));
  test::write_file(directory.path() / "ear.pem.acme", "no key");
  EXPECT_THAT(said(check(with_access)), HasSubstr("problem 3:15 signing-key tenant acme: "));
  std::filesystem::remove(directory.path() / "ear.pem.acme");
  std::string one_key = with_access;
  const std::string own = (directory.path() / "ear.pem").string();
  one_key.replace(one_key.find(own), own.size(), "pkcs11:id=%01");
  EXPECT_THAT(said(check(one_key)),
              HasSubstr("signing-key tenant acme: usage: signing-key: each tenant needs a key of its own"));
  one_key.replace(one_key.find("pkcs11:id=%01"), std::string_view("pkcs11:id=%01").size(), "pkcs11:object=ear");
  EXPECT_TRUE(check(one_key).usable()) << said(check(one_key));
}

TEST_F(CheckConfig, LooksAtTheNextKeyAndItsTime) {
  const auto next = directory.path() / "next.pem";
  const std::string with_next = good + "next-signing-key = '" + next.string() + "'\n";
  const ConfigReport absent = check(with_next + "next-signing-key-from = '2026-12-01T00:00:00Z'\n");
  EXPECT_TRUE(absent.usable()) << said(absent);
  EXPECT_THAT(said(absent), HasSubstr("warning 6:20 next-signing-key"));
  EXPECT_THAT(said(check(with_next + "next-signing-key-from = 'tomorrow'\n")),
              HasSubstr("problem 7:25 next-signing-key-from usage: next-signing-key-from: expected a time"));
  EXPECT_THAT(
      said(check(good + "next-signing-key-from = '2026-12-01T00:00:00Z'\n")),
      HasSubstr("problem 6:25 next-signing-key-from usage: next-signing-key-from: expected a next-signing-key"));
  test::write_private_file(next, "no key");
  EXPECT_THAT(said(check(with_next)), HasSubstr("problem 6:20 next-signing-key configuration in " + next.string() +
                                                ": expected a PEM private key"));
  EXPECT_THAT(said(check(good + "next-signing-key = '/nowhere/next.pem'\n")),
              HasSubstr("problem 6:20 next-signing-key configuration in /nowhere: expected a folder"));
  EXPECT_THAT(said(check(good + "next-signing-key = '" + (directory.path() / "ear.pem").string() + "'\n")),
              HasSubstr("problem 6:20 next-signing-key configuration: a signing key stands in two places"));
}

TEST_F(CheckConfig, WantsAnAlgorithmThatTheKeyCanDo) {
  EXPECT_TRUE(check(good + "signing-algorithm = 'ES256'\n").usable());
  EXPECT_THAT(said(check(good + "signing-algorithm = 'RS256'\n")), HasSubstr("problem 6:21 signing-algorithm"));
  EXPECT_THAT(said(check(good + "signing-algorithm = 'HS256'\n")), HasSubstr("problem 6:21 signing-algorithm"));
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  test::write_private_file(directory.path() / "ear.pem", as_text(rsa.pem().view()));
  EXPECT_TRUE(check(good + "signing-algorithm = 'RS256'\n").usable());
  EXPECT_THAT(said(check(good + "signing-algorithm = 'ES256'\n")), HasSubstr("problem 6:21 signing-algorithm"));
  // What stays in a device is not opened, what is said of it is read.
  EXPECT_TRUE(check("listen = ':0'\nstore = 'memory:'\nsigning-key = 'tpm:/nowhere'\ninsecure-http = true\n").usable());
  EXPECT_THAT(said(check("signing-key = 'tpm:/nowhere?curve=P-999'\n")), HasSubstr("curve: expected P-256 or P-384"));
  EXPECT_THAT(said(check("signing-key = 'pkcs11:object=x?pin-value=1'\n")), HasSubstr("use pin-source=file:FILE"));
}

TEST_F(CheckConfig, WantsAnIssuerThatIsAUri) {
  for (const char* issuer :
       {"", "https://verifier.example", "https://verifier.example:8443/a?b#c", "http://[2001:db8::1]:80/",
        "urn:example:verifier", "tag:verifier.example,2026:1", "verifier.example"})
    EXPECT_TRUE(check(good + "issuer = '" + issuer + "'\n").usable()) << issuer;
  for (const char* issuer : {"the verifier", "https://", "https://a b", "urn:", ":x", "1x:y", "urn:x:%2",
                             "urn:x:\xc3\xa4", "https://user@verifier.example", "https://user:1@verifier.example",
                             "https:verifier.example", "https:/verifier.example", "https://:443", "https://a:65536",
                             "https://a:1x", "https://[::1", "https://[::1]a", "https://[verifier.example]"}) {
    const ConfigReport report = check(good + "issuer = '" + issuer + "'\n");
    EXPECT_THAT(said(report), HasSubstr("problem 6:10 issuer --issuer: expected a UR")) << issuer;
    EXPECT_FALSE(configured(report.config)) << issuer;
  }
}

TEST_F(CheckConfig, LoadsNoHttpClientForANameButForAServiceToAsk) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a program of its own, where no other test has loaded it
  const auto fate = [this] {
    const ConfigReport named = check(good + "issuer = 'https://verifier.example'\n");
    if (!configured(named.config) || test::is_loaded("libcurl.so.4")) return 1;
    const ConfigReport asking = check(good + "opa = 'https://opa.example'\n");
    return configured(asking.config) && test::is_loaded("libcurl.so.4") ? 0 : 2;
  };
  // That program has a fixture of its own, which _exit() does not destroy.
  const auto leave = [this](int status) {
    std::filesystem::remove_all(directory.path());
    ::_exit(status);
  };
  EXPECT_EXIT(leave(fate()), testing::ExitedWithCode(0), "");
}

TEST_F(CheckConfig, SaysThatResultsNameNoIssuer) {
  for (const std::string& nobody : {good, good + "issuer = ''\n"}) {
    EXPECT_TRUE(check(nobody).usable());
    EXPECT_THAT(said(check(nobody)), HasSubstr("issuer no issuer: results carry no iss"));
  }
  EXPECT_THAT(said(check(good)), HasSubstr("warning 0:0 issuer"));
  for (const char* somebody : {"https://verifier.example", "the verifier"})
    EXPECT_THAT(said(check(good + "issuer = '" + somebody + "'\n")), testing::Not(HasSubstr("no issuer"))) << somebody;
}

TEST_F(CheckConfig, WantsAnOpaThatNobodyOnTheWayCanPlay) {
  for (const char* url : {"http://127.0.0.1:8181", "http://localhost:8181", "https://opa.example"})
    EXPECT_TRUE(check(good + "opa = '" + url + "'\n").usable()) << url;
  const ConfigReport report = check(good + "opa = 'http://opa.example:8181'\n");
  EXPECT_THAT(said(report), HasSubstr("problem 6:7 opa --opa: plain HTTP is only for loopback"));
  EXPECT_FALSE(configured(report.config));
  EXPECT_THAT(said(check(good + "opa = 'opa.example'\n")), HasSubstr("problem 6:7 opa --opa: "));
}

TEST_F(CheckConfig, WantsAnAuditLogThatCanBeWritten) {
  const auto folder = directory.path() / "logs";
  const std::string with_log = good + "audit-log = '" + (folder / "audit").string() + "'\n";
  std::filesystem::create_directory(folder);
  EXPECT_TRUE(check(with_log).usable()) << said(check(with_log));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  const auto file = test::write_private_file(directory.path() / "verifier.toml", with_log);
  std::filesystem::permissions(folder, std::filesystem::perms(0500));
  {
    const test::Unprivileged nobody(directory.path());
    const auto report = check_config(file, StoreProbe::none, system_clock()->now());
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_THAT(said(*report),
                HasSubstr("problem 6:13 audit-log configuration in " + folder.string() + ": cannot write the folder"));
    std::filesystem::permissions(folder, std::filesystem::perms(0700));
    EXPECT_TRUE(check_config(file, StoreProbe::none, system_clock()->now())->usable());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(CheckConfig, SaysOfWhatIsNoTomlNothingElse) {
  const ConfigReport report = check("listen = '127.0.0.1:0'\nstore = \n");
  EXPECT_FALSE(report.usable());
  ASSERT_EQ(report.findings.size(), 1U) << said(report);
  EXPECT_EQ(report.findings[0].where.line, 2U);
  EXPECT_THAT(said(check("listen = '127.0.0.1:0'\n")), HasSubstr("--signing-key is required"));
  EXPECT_THAT(said(check("listen = '127.0.0.1:0'\nstore = ''\n")), HasSubstr("problem 2:9 store --store is required"));
}

// Where it is follows from the environment, and nothing is made.
TEST_F(CheckConfig, SaysWhereTheStoreIsThatNobodyNamed) {
  const test::Environment variables(
      {{"STATE_DIRECTORY", std::nullopt}, {"XDG_STATE_HOME", directory.path().string()}, {"HOME", std::nullopt}});
  const std::string named = "store = 'sqlite:" + (directory.path() / "store.db").string() + "'\n";
  std::string text = good;
  text.erase(text.find(named), named.size());
  const auto folder = directory.path() / "credence";
  const std::string store = "sqlite:" + (folder / "verifier.db").string();
  const ConfigReport report = check(text, StoreProbe::connect);
  EXPECT_TRUE(report.usable()) << said(report);
  EXPECT_THAT(said(report),
              HasSubstr("warning 0:0 store no store is named: in the environment of this command it is " + store));
  EXPECT_EQ(report.config.store, store);
  EXPECT_FALSE(std::filesystem::exists(folder));
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0770));
  EXPECT_THAT(said(check(text)), HasSubstr("only its owner can write, got mode 770: chmod go-w it"));
  const test::Environment nowhere({{"XDG_STATE_HOME", "/proc/nope"}});
  const ConfigReport wrong = check(text);
  EXPECT_FALSE(wrong.usable());
  EXPECT_THAT(said(wrong),
              HasSubstr("problem 0:0 store configuration in /proc: cannot make the folder of the store: "));
  EXPECT_THAT(said(wrong), HasSubstr("make it, or name the store with --store"));
}

TEST_F(CheckConfig, RefusesADatabaseElsewhereThatIsNotChecked) {
  const std::string own = "sqlite:" + (directory.path() / "store.db").string();
  const auto over = [&](const std::string& store) {
    std::string text = good;
    return text.replace(text.find(own), own.size(), store);
  };
  EXPECT_THAT(said(check(over("postgresql://db.example/credence"))),
              HasSubstr("problem 2:9 store configuration: store: expected sslmode=verify-full"));
  EXPECT_TRUE(check(over("postgresql://db.example/credence?sslmode=verify-full")).usable());
  EXPECT_TRUE(check(over("postgresql:///credence?host=/run/postgresql")).usable());
  const ConfigReport chosen = check(over("postgresql://db.example/credence") + "insecure-store-connection = true\n");
  EXPECT_TRUE(chosen.usable()) << said(chosen);
  EXPECT_THAT(said(chosen), HasSubstr("warning 6:29 insecure-store-connection"));
}

TEST_F(CheckConfig, RefusesLocalCallersBesideCredentials) {
  EXPECT_TRUE(check(good + "insecure-local-callers = true\n").usable());
  const auto token = test::write_private_file(directory.path() / "token", "0123456789abcdef\n");
  EXPECT_THAT(said(check(good + "insecure-local-callers = true\nprovisioning-token = '" + token.string() + "'\n")),
              HasSubstr("problem 6:26 insecure-local-callers"));
}

TEST_F(CheckConfig, ChangesNothing) {
  const auto names = [this] {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) all.insert(entry.path());
    return all;
  };
  const std::string all = good + "next-signing-key = '" + (directory.path() / "next.pem").string() +
                          "'\naudit-log = '" + (directory.path() / "audit").string() + "'\n";
  EXPECT_TRUE(check(all).usable());
  const auto before = names();
  EXPECT_TRUE(check(all, StoreProbe::connect).usable());
  EXPECT_EQ(names(), before);
  EXPECT_FALSE(before.contains(directory.path() / "ear.pem"));
}

TEST_F(CheckConfig, WarnsOfWhatIsInsecure) {
  const ConfigReport report = check(
      "listen = ':0'\nstore = 'memory:'\nsigning-key = 'x'\ninsecure-http = true\nallow-insecure-test-root = true\n");
  EXPECT_TRUE(report.usable()) << said(report);
  EXPECT_THAT(said(report), HasSubstr("warning 4:17 insecure-http"));
  EXPECT_THAT(said(report), HasSubstr("warning 5:28 allow-insecure-test-root"));
  EXPECT_THAT(said(report), HasSubstr("warning 2:9 store"));
  const std::string others = said(check(good + "insecure-no-seccomp = true\nveraison-compatibility = true\n"));
  EXPECT_THAT(others, HasSubstr("warning 6:23 insecure-no-seccomp"));
  EXPECT_THAT(others, HasSubstr("warning 7:26 veraison-compatibility"));
  EXPECT_THAT(said(check(good + "insecure-veraison-endorsements = true\n")),
              HasSubstr("warning 6:34 insecure-veraison-endorsements"));
  EXPECT_THAT(said(check(good + "insecure-clock-set-back = true\n")),
              HasSubstr("warning 6:27 insecure-clock-set-back insecure: a clock that was set back is believed"));
  EXPECT_THAT(said(check(good)), testing::Not(HasSubstr("insecure-no-seccomp")));
}

TEST_F(CheckConfig, SaysWhoseCorimsAreTaken) {
  const std::string nobodys = said(check(good)), anybodys = said(check(good + "insecure-unsigned-corims = true\n"));
  EXPECT_TRUE(check(good).usable()) << nobodys;  // endorsements may be there already, or come with a restore
  EXPECT_THAT(nobodys, HasSubstr("warning 0:0 corim-anchor no CoRIM is taken"));
  EXPECT_THAT(nobodys, HasSubstr("Configure --corim-anchor FILE"));
  EXPECT_THAT(anybodys, HasSubstr("warning 6:28 insecure-unsigned-corims insecure unsigned CoRIMs"));
  EXPECT_THAT(anybodys, testing::Not(HasSubstr("no CoRIM is taken")));
  const std::string anchor = "corim-anchor = ['" + files.certificate.string() + "']\n";
  EXPECT_THAT(said(check(good + anchor)), testing::Not(HasSubstr("CoRIM")));
  // The anchor does not make the choice a smaller one.
  EXPECT_THAT(said(check(good + anchor + "insecure-unsigned-corims = true\n")),
              HasSubstr("warning 7:28 insecure-unsigned-corims"));
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
