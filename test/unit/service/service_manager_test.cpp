#include "service/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "support/refusal.h"
#include "support/temporary_directory.h"

namespace credence::service {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// What systemd is in this conversation: a datagram socket.
class FakeManager {
 public:
  explicit FakeManager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) throw std::bad_alloc();
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~FakeManager() {
    ::close(socket_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }
  std::vector<std::string> heard() const {
    std::vector<std::string> all;
    std::array<char, 256> part{};
    for (ssize_t got = 0; (got = ::recv(socket_, part.data(), part.size(), MSG_DONTWAIT)) > 0;)
      all.emplace_back(part.data(), static_cast<std::size_t>(got));
    return all;
  }

 private:
  int socket_;
};

TEST(ServiceManager, IsToldWhatTheServiceDoes) {
  const test::TemporaryDirectory directory;
  const FakeManager systemd((directory.path() / "notify").string());
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  const auto manager = ServiceManager::from_environment();
  ASSERT_TRUE(manager);
  manager->ready();
  manager->reloading();
  manager->alive();
  manager->stopping();
  EXPECT_THAT(systemd.heard(),
              ElementsAre("READY=1", StartsWith("RELOADING=1\nMONOTONIC_USEC="), "WATCHDOG=1", "STOPPING=1"));
  EXPECT_EQ(manager->watchdog(), std::chrono::seconds(3));
}

TEST(ServiceManager, KeepsNoWatchdogOfAnotherProcess) {
  const test::TemporaryDirectory directory;
  const FakeManager systemd((directory.path() / "notify").string());
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  const auto manager = ServiceManager::from_environment();
  ASSERT_TRUE(manager);
  manager->alive();
  EXPECT_THAT(systemd.heard(), ElementsAre());
}

TEST(ServiceManager, IsNotMissedWhereThereIsNone) {
  ::unsetenv("NOTIFY_SOCKET");
  const auto manager = ServiceManager::from_environment();
  ASSERT_TRUE(manager);
  EXPECT_FALSE(manager->present());
  manager->ready();
}

TEST(ServiceManager, IsAnErrorWhenItIsNamedAndAbsent) {
  for (const char* name : {"/nowhere/notify", "relative"}) {
    ::setenv("NOTIFY_SOCKET", name, 1);
    test::expect_refused(ServiceManager::from_environment(), Errc::configuration, "NOTIFY_SOCKET");
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace credence::service
