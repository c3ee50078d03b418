#include "service/verifier/default_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "service/verifier/config_options.h"
#include "support/certificate_files.h"
#include "support/environment.h"
#include "support/refusal.h"
#include "support/unprivileged.h"

namespace credence::service {
namespace {

class DefaultStore : public testing::Test {
 protected:
  static test::Environment with(std::optional<std::string> service, std::optional<std::string> state,
                                std::optional<std::string> home) {
    return test::Environment(
        {{"STATE_DIRECTORY", std::move(service)}, {"XDG_STATE_HOME", std::move(state)}, {"HOME", std::move(home)}});
  }
  static unsigned mode_of(const std::filesystem::path& file) {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 0777;
  }

  test::TemporaryDirectory directory;
};

TEST_F(DefaultStore, IsWhereTheServiceOrElseTheUserKeepsState) {
  {
    const auto environment = with("/var/lib/credence:/var/lib/other", "/state", "/home/a");
    EXPECT_EQ(default_store().value(), "sqlite:/var/lib/credence/verifier.db");
  }
  {
    const auto environment = with(std::nullopt, "/state", "/home/a");
    EXPECT_EQ(default_store().value(), "sqlite:/state/credence/verifier.db");
  }
  {
    const auto environment = with(std::nullopt, std::nullopt, "/home/a");
    EXPECT_EQ(default_store().value(), "sqlite:/home/a/.local/state/credence/verifier.db");
  }
  {
    // A relative one means another store in each folder that the verifier is started in.
    const auto environment = with("state", "state", "/home/a");
    EXPECT_EQ(default_store().value(), "sqlite:/home/a/.local/state/credence/verifier.db");
  }
  const auto environment = with(std::nullopt, "", "");
  test::expect_refused(default_store(), Errc::usage, "got none of them");
  test::expect_refused(make_folder_of_default_store(), Errc::usage, "got none of them");
}

TEST_F(DefaultStore, IsMadeForThisUserAlone) {
  const auto environment = with(std::nullopt, std::nullopt, directory.path().string());
  const std::filesystem::path folder = directory.path() / ".local/state/credence";
  EXPECT_FALSE(check_folder_of_default_store().value());
  EXPECT_FALSE(std::filesystem::exists(directory.path() / ".local"));
  ASSERT_TRUE(make_folder_of_default_store());
  EXPECT_EQ(mode_of(folder), 0700U);
  EXPECT_EQ(mode_of(directory.path() / ".local"), 0700U);
  EXPECT_TRUE(check_folder_of_default_store().value());
  ASSERT_TRUE(open_store(default_store().value(), verifier::RemoteServer::verified));
  EXPECT_EQ(mode_of(folder / "verifier.db"), 0600U);
  EXPECT_TRUE(make_folder_of_default_store());  // again
}

// Whoever writes there decides what is trusted.
TEST_F(DefaultStore, IsNotInAFolderThatOthersMayWrite) {
  const auto environment = with(directory.path().string(), std::nullopt, std::nullopt);
  for (const unsigned mode : {0720U, 0702U, 0777U}) {
    std::filesystem::permissions(directory.path(), std::filesystem::perms(mode));
    test::expect_refused(make_folder_of_default_store(), Errc::configuration, "chmod go-w it");
    test::expect_refused(check_folder_of_default_store(), Errc::configuration, "chmod go-w it");
  }
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  EXPECT_TRUE(make_folder_of_default_store());
  EXPECT_TRUE(check_folder_of_default_store().value());
}

// They would put another folder in its place.
TEST_F(DefaultStore, IsNotBelowAFolderThatOthersMayWrite) {
  const std::filesystem::path above = directory.path() / "above";
  std::filesystem::create_directories(above / "state");
  std::filesystem::permissions(above / "state", std::filesystem::perms(0700));
  std::filesystem::create_directory_symlink(above / "state", directory.path() / "link");
  const auto expect_refused = [&] {
    for (const auto& folder : {above / "state", directory.path() / "link"}) {
      const auto environment = with(folder.string(), std::nullopt, std::nullopt);
      test::expect_refused(make_folder_of_default_store(), Errc::configuration, "expected a folder above the store");
      test::expect_refused(check_folder_of_default_store(), Errc::configuration, above.string());
    }
    const auto environment = with((above / "absent").string(), std::nullopt, std::nullopt);
    test::expect_refused(check_folder_of_default_store(), Errc::configuration, above.string());
  };
  for (const unsigned mode : {0720U, 0702U, 0777U}) {
    std::filesystem::permissions(above, std::filesystem::perms(mode));
    expect_refused();
  }
  for (const unsigned mode : {0755U, 01777U}) {
    std::filesystem::permissions(above, std::filesystem::perms(mode));
    for (const auto& folder : {above / "state", directory.path() / "link"}) {
      const auto environment = with(folder.string(), std::nullopt, std::nullopt);
      EXPECT_TRUE(make_folder_of_default_store()) << mode;
      EXPECT_TRUE(check_folder_of_default_store().value()) << mode;
    }
    const auto environment = with((above / "absent").string(), std::nullopt, std::nullopt);
    EXPECT_FALSE(check_folder_of_default_store().value()) << mode;
  }
  if (::geteuid() != 0) return;  // nobody else can give a folder away
  std::filesystem::permissions(above, std::filesystem::perms(0755));
  ASSERT_EQ(::chown(above.c_str(), 1, 1), 0);
  expect_refused();
}

TEST_F(DefaultStore, IsNotInAFileNorWhereNothingCanBeMade) {
  const auto file = test::write_file(directory.path() / "file", "x");
  {
    const auto environment = with(file.string(), std::nullopt, std::nullopt);
    test::expect_refused(make_folder_of_default_store(), Errc::configuration, "expected a folder for the store");
    test::expect_refused(check_folder_of_default_store(), Errc::configuration, "expected a folder for the store");
  }
  const auto link = directory.path() / "link";
  std::filesystem::create_symlink(directory.path() / "nowhere", link);
  // Its modes let root write to /proc.
  for (const std::string& state : {file.string(), link.string(), std::string("/proc/nope")}) {
    const auto environment = with(std::nullopt, state, std::nullopt);
    test::expect_refused(make_folder_of_default_store(), Errc::configuration, "name the store with --store");
    test::expect_refused(check_folder_of_default_store(), Errc::configuration, "name the store with --store");
  }
}

TEST_F(DefaultStore, IsWhereThisUserMayMakeIt) {
  const std::filesystem::path state = directory.path() / "state";
  std::filesystem::create_directory(state);
  const auto environment = with(std::nullopt, (state / "of/mine").string(), std::nullopt);
  const test::Unprivileged nobody(directory.path());
  std::filesystem::permissions(state, std::filesystem::perms(0500));
  test::expect_refused(make_folder_of_default_store(), Errc::configuration, "Permission denied");
  test::expect_refused(check_folder_of_default_store(), Errc::configuration, "Permission denied: make it, or name");
  std::filesystem::permissions(state, std::filesystem::perms(0700));
  EXPECT_FALSE(check_folder_of_default_store().value());
  EXPECT_TRUE(std::filesystem::is_empty(state));
  EXPECT_TRUE(make_folder_of_default_store());
  EXPECT_TRUE(check_folder_of_default_store().value());
}

TEST_F(DefaultStore, IsWhatAConfigurationHasThatNamesNone) {
  const auto environment = with(directory.path().string(), std::nullopt, std::nullopt);
  const std::string expected = "sqlite:" + (directory.path() / "verifier.db").string();
  VerifierConfig config;
  config.listen = "127.0.0.1:0";
  config.signing_key = "key.pem";
  config.insecure_http = true;
  EXPECT_EQ(configured(config).value().options.store, expected);
  config.store = "memory:";
  EXPECT_EQ(configured(config).value().options.store, "memory:");
  // What a variable leaves that was never set is not "none".
  config.store.clear();
  test::expect_refused(configured(config), Errc::usage, "--store is required");
}

}  // namespace
}  // namespace credence::service
