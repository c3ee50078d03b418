#include "support/postgres.h"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <format>
#include <fstream>
#include <stdexcept>

namespace credence::test {
namespace {

std::filesystem::path programs() {
  std::filesystem::path newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
    if (std::filesystem::exists(entry.path() / "bin" / "initdb") && entry.path() > newest) newest = entry.path();
  return newest.empty() ? newest : newest / "bin";
}

// The server refuses to run as root.
std::string as_its_user(const std::string& command) {
  return ::getuid() == 0 ? std::format("runuser -u postgres -- {}", command) : command;
}

}  // namespace

bool Postgres::available() { return !programs().empty(); }

Postgres::Postgres() {
  std::string pattern = (std::filesystem::temp_directory_path() / "credence-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = pattern;
  if (::getuid() == 0 && run(std::format("chown postgres {}", pattern)) != 0)
    throw std::runtime_error("there is no user postgres");
  const std::string initialize = std::format("{}/initdb -D {}/data -U postgres -A trust --no-locale -E UTF8 -N",
                                             programs().string(), directory_.string());
  if (run(as_its_user(initialize)) != 0) throw std::runtime_error("initdb failed");
  start();
}

Postgres::~Postgres() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Postgres::start() {
  const std::string command =
      std::format("{}/pg_ctl -D {}/data -l {}/log -w -o \"-k {} -h ''\" start", programs().string(),
                  directory_.string(), directory_.string(), directory_.string());
  if (run(as_its_user(command)) != 0) throw std::runtime_error("PostgreSQL does not start");
}

void Postgres::stop() {
  run(as_its_user(std::format("{}/pg_ctl -D {}/data -m immediate -w stop", programs().string(), directory_.string())));
}

void Postgres::signal(const std::string& name) {
  const std::string pid = std::format("$(head -1 {}/data/postmaster.pid)", directory_.string());
  if (run(std::format("kill -{} {}; pkill -{} -P {}", name, pid, name, pid)) != 0)
    throw std::runtime_error("PostgreSQL takes no signal");
}
void Postgres::freeze() { signal("STOP"); }
void Postgres::thaw() { signal("CONT"); }

void Postgres::crash() {
  stop();
  start();
}

std::string Postgres::make_database() {
  const std::string server = std::format("postgresql://postgres@/postgres?host={}", directory_.string());
  const std::string name = std::format("test{}", ++databases_);
  execute(server, "CREATE DATABASE " + name);
  return std::format("postgresql://postgres@/{}?host={}", name, directory_.string());
}

std::string Postgres::execute(const std::string& connection, const std::string& sql) {
  const std::string command =
      std::format("{}/psql -qAtX -v ON_ERROR_STOP=1 '{}' -c \"{}\" 2>&1", programs().string(), connection, sql);
  FILE* output = ::popen(command.c_str(), "r");
  if (output == nullptr) throw std::runtime_error("psql does not start");
  std::string text;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), output) != nullptr) text += line.data();
  if (::pclose(output) != 0) throw std::runtime_error("psql: " + text);
  return text;
}

int Postgres::run(const std::string& command) const {
  return std::system(std::format("cd / && {} > /dev/null 2>&1", command).c_str());
}

}  // namespace credence::test
