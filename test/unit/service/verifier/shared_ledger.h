// A ledger of sessions that several verifiers of one process share.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "verifier/store/session_ledger.h"

namespace credence::test {

// What PostgreSQL does, for verifiers of one process; the real one is tested in postgres_store_test.cpp.
class SharedLedger final : public verifier::SessionLedger {
 public:
  Result<bool> record(ByteView id, Timestamp expiry, const Outcome& outcome) override {
    CHECK(check());
    const std::lock_guard lock(mutex_);
    return rows.emplace(to_bytes(id), Row{expiry, outcome}).second;
  }
  Result<void> take_back(ByteView id, Timestamp expiry) override {
    CHECK(check());
    const std::lock_guard lock(mutex_);
    rows[to_bytes(id)] = {expiry, {}};
    return {};
  }
  Result<std::optional<Outcome>> find(ByteView id) override {
    CHECK(check());
    const std::lock_guard lock(mutex_);
    const auto row = rows.find(to_bytes(id));
    return row == rows.end() ? std::nullopt : std::optional(row->second.outcome);
  }
  Result<void> forget_expired(Timestamp now, std::chrono::milliseconds margin) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(rows, [&](const auto& row) { return row.second.expiry < now - margin; });
    return {};
  }

  struct Row {
    Timestamp expiry;
    Outcome outcome;
  };
  std::map<Bytes, Row> rows;
  bool away = false;

 private:
  Result<void> check() const {
    if (away) return fail(Errc::unavailable, "the database is away");
    return {};
  }
  std::mutex mutex_;
};

}  // namespace credence::test
