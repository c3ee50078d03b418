#include "client/libcurl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>

#include "client/url.h"
#include "support/loaded_library.h"
#include "support/refusal.h"

namespace credence::client {
namespace {

using test::expect_refused;

TEST(Libcurl, IsLoadedOnceForAllThreads) {
  std::array<std::future<const Libcurl*>, 4> threads;
  for (auto& thread : threads) thread = std::async(std::launch::async, [] { return libcurl().value(); });
  const Libcurl* const first = libcurl().value();
  for (auto& thread : threads) EXPECT_EQ(thread.get(), first);
  EXPECT_EQ(libcurl().value(), first);
  CURL* const handle = first->easy_init();
  EXPECT_EQ(first->easy_setopt(handle, CURLOPT_URL, "https://verifier.example"), CURLE_OK);
  first->easy_cleanup(handle);
}

TEST(Libcurl, IsNotLoadedBeforeItIsNeeded) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a program of its own, where no other test has loaded it
  const auto fate = [] {
    // Nothing is asked for yet: what a client says of URLs that it will not go to.
    if (endpoint("https://a/", percent_encode("/")).empty() || test::is_loaded("libcurl.so.4")) return 1;
    return check_url("https://verifier.example", false) && test::is_loaded("libcurl.so.4") ? 0 : 2;
  };
  EXPECT_EXIT(::_exit(fate()), testing::ExitedWithCode(0), "");
}

TEST(Libcurl, IsToBeInstalledWhereItIsMissing) {
  EXPECT_TRUE(load_libcurl("libcurl.so.4"));
  expect_refused(load_libcurl("libno-such-curl.so.4"), Errc::configuration,
                 "configuration in libno-such-curl.so.4: expected libcurl 7.85 or newer, without which nobody is asked "
                 "over HTTP, got \"libno-such-curl.so.4: cannot open shared object file: No such file or directory\": "
                 "install the Debian package libcurl4t64");
  EXPECT_TRUE(libcurl());  // what was not found does not stand in the way
}

TEST(Libcurl, IsToBeUpgradedWhereItIsTooOld) {
  expect_refused(load_libcurl(CREDENCE_LIBCURL_7_84), Errc::configuration,
                 "configuration in " CREDENCE_LIBCURL_7_84
                 ": expected libcurl 7.85 or newer, without which nobody is asked over HTTP, got \"7.84.0\": upgrade "
                 "the Debian package libcurl4t64 and start this program again");
  EXPECT_TRUE(libcurl());
}

TEST(Libcurl, HasAllThatIsCalled) {
  expect_refused(load_libcurl("libm.so.6"), Errc::configuration,
                 "libm.so.6: undefined symbol: curl_version_info\": install");
  // New enough, but it has nothing else.
  expect_refused(load_libcurl(CREDENCE_LIBCURL_7_85), Errc::configuration,
                 "undefined symbol: curl_global_init\": install");
  EXPECT_TRUE(load_libcurl("libcurl.so.4"));
}

}  // namespace
}  // namespace credence::client
