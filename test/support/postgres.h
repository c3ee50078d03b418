// A PostgreSQL server of a test's own: a socket in a private directory, no port, gone with its owner.
#pragma once

#include <filesystem>
#include <string>

namespace credence::test {

class Postgres {
 public:
  // Whether a server is installed.
  [[nodiscard]] static bool available();

  Postgres();
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // A new, empty database: its connection string.
  [[nodiscard]] std::string make_database();
  // Ends the server as a crash would, and starts it again over the same files.
  void crash();
  void stop();
  void start();
  // All its processes stop, with their connections open, until they go on.
  void freeze();
  void thaw();
  // Runs SQL in a database that make_database() gave; its output, one row a line.
  std::string execute(const std::string& connection, const std::string& sql);

 private:
  int run(const std::string& command) const;
  void signal(const std::string& name);

  std::filesystem::path directory_;
  int databases_ = 0;
};

}  // namespace credence::test
