#include "cli/socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <memory>

namespace credence::cli {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const service::HostPort& where, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail(Errc::unavailable, std::format("{} cannot be resolved: {}", where.host, gai_strerror(error)));
  }
  return Addresses(found);
}

std::string text_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  if (address.ss_family == AF_INET6) return std::format("[{}]:{}", host.data(), port.data());
  return std::format("{}:{}", host.data(), port.data());
}

// Handshake flights are small and each side waits for the other's.
void send_at_once(int socket) noexcept {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool connects(int socket, const addrinfo& to, std::chrono::milliseconds patience) {
  if (connect(socket, to.ai_addr, to.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd ready{.fd = socket, .events = POLLOUT, .revents = 0};
  if (poll(&ready, 1, static_cast<int>(patience.count())) != 1) {
    errno = ETIMEDOUT;
    return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}

Result<Listener> listen_on(const service::HostPort& where) {
  TRY(const Addresses found, resolve(where, AI_PASSIVE | AI_NUMERICHOST));
  Descriptor made(socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(made.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(made.get(), SOMAXCONN) != 0) {
    return fail(Errc::configuration,
                std::format("cannot listen on {}:{}: {}", where.host, where.port, std::strerror(errno)));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(made.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  return Listener{.socket = std::move(made), .address = text_of(bound, size)};
}

Accepted accept_from(const Listener& listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  Descriptor made(
      accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (made.get() < 0) return {.socket = Descriptor(), .peer = {}};
  send_at_once(made.get());
  return {.socket = std::move(made), .peer = text_of(peer, size)};
}

Result<Descriptor> connect_to(const service::HostPort& where, std::chrono::milliseconds patience) {
  TRY(const Addresses found, resolve(where, 0));
  std::string reason = "no address";
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    Descriptor made(socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (connects(made.get(), *one, patience)) {
      send_at_once(made.get());
      return made;
    }
    reason = std::strerror(errno);
  }
  return fail(Errc::unavailable, std::format("cannot connect to {}:{}: {}", where.host, where.port, reason));
}

}  // namespace credence::cli
