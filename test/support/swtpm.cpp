#include "support/swtpm.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <format>
#include <stdexcept>
#include <thread>
#include <vector>

extern char** environ;

namespace credence::test {
namespace {

constexpr const char* kProgram = "/usr/bin/swtpm";
constexpr const char* kControl = "/usr/bin/swtpm_ioctl";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool can_bind(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool free = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return free;
}

bool can_connect(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

// The TCTI expects the control channel on the port after that of the commands.
std::uint16_t two_free_ports() {
  for (int port = 20'000 + ::getpid() % 20'000; port < 60'000; port += 2) {
    const auto candidate = static_cast<std::uint16_t>(port);
    if (can_bind(candidate) && can_bind(static_cast<std::uint16_t>(candidate + 1))) return candidate;
  }
  throw std::runtime_error("no two free ports");
}

pid_t spawn(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, pointers[0], nullptr, nullptr, pointers.data(), environ) != 0) {
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  return pid;
}

int wait_for(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

}  // namespace

bool Swtpm::available() { return std::filesystem::exists(kProgram) && std::filesystem::exists(kControl); }

Swtpm::Swtpm() : port_(two_free_ports()) {
  pid_ =
      spawn({kProgram, "socket", "--tpm2", "--tpmstate", "dir=" + directory_.path().string(), "--server",
             std::format("type=tcp,port={},bindaddr=127.0.0.1", port_), "--ctrl",
             std::format("type=tcp,port={},bindaddr=127.0.0.1", port_ + 1), "--flags", "not-need-init,startup-clear"});
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (answers()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  stop();
  throw std::runtime_error("swtpm does not answer");
}

// swtpm opens its control channel before that of the commands, so both are asked.
bool Swtpm::answers() const { return can_connect(static_cast<std::uint16_t>(port_ + 1)) && can_connect(port_); }

std::string Swtpm::tcti() const { return std::format("swtpm:host=127.0.0.1,port={}", port_); }

void Swtpm::reset() const {
  const pid_t control = spawn({kControl, "--tcp", std::format("127.0.0.1:{}", port_ + 1), "-i"});
  if (wait_for(control) != 0) throw std::runtime_error("swtpm_ioctl -i failed");
}

void Swtpm::pause() const { ::kill(pid_, SIGSTOP); }

void Swtpm::resume() const { ::kill(pid_, SIGCONT); }

void Swtpm::stop() {
  if (pid_ < 0) return;
  resume();  // or it would never see the end
  ::kill(pid_, SIGTERM);
  wait_for(pid_);
  pid_ = -1;
}

Swtpm::~Swtpm() { stop(); }

}  // namespace credence::test
