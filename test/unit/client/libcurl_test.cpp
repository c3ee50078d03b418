#include "client/libcurl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <future>
#include <iterator>
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

TEST(Libcurl, HasAllThatIsCalled) {
  const auto refused = load_libcurl("libm.so.6");
  expect_refused(refused, Errc::configuration, "libm.so.6: undefined symbol: curl_global_init\": install");
}

TEST(Libcurl, IsNamedForWhoMakesPackages) {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string program{std::istreambuf_iterator(file), {}};
  // In two parts, or this test would find itself.
  const std::string note = std::string("FDO") + '\0' + R"([{"feature":"http")";
  EXPECT_TRUE(program.contains(note));
}

}  // namespace
}  // namespace credence::client
