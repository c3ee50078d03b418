// libpqxx behind Result: its exceptions end here.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/store/postgres/deadline.h"
#include "verifier/store/postgres/protection.h"
#include "verifier/store/postgres/transaction.h"

namespace credence::verifier::postgres {

// A bytea for a statement; a view.
[[nodiscard]] inline pqxx::bytes_view as_parameter(ByteView octets) {
  return {reinterpret_cast<const std::byte*>(octets.data()), octets.size()};
}

enum class News : std::uint8_t { ignored, heard };

// One connection, for one thread at a time; made again when it broke. No call takes longer than ten seconds,
// and after a failure to connect the next ones fail at once for a moment: whoever waits for their turn waits for no
// more than one of them.
class Connection {
 public:
  Connection(std::string options, RemoteServer remote, News news = News::heard)
      : options_(std::move(options)), remote_(remote), listens_(news) {}

  // Within the open transaction, or in one of its own. `use` gets a Transaction&.
  template <typename Use>
  [[nodiscard]] auto run(Use use) -> Result<decltype(use(std::declval<Transaction&>()))> {
    return guarded([&](pqxx::connection& connection) {
      const auto within = [&](pqxx::transaction_base& open) {
        Transaction transaction(open, prepared_);
        return use(transaction);
      };
      if (work_) return within(*work_);
      pqxx::nontransaction alone(connection);
      return within(alone);
    });
  }

  // In a transaction of its own, which is committed when `use` returns. `use` gets a pqxx::transaction_base&: for what
  // is done once.
  template <typename Use>
  [[nodiscard]] auto transact(Use use) -> Result<decltype(use(std::declval<pqxx::transaction_base&>()))> {
    return guarded([&](pqxx::connection& connection) {
      pqxx::work work(connection);
      auto value = use(static_cast<pqxx::transaction_base&>(work));
      work.commit();
      return value;
    });
  }

  // Excludes other writers until commit() or roll_back(): changes become visible in the order of their numbers.
  [[nodiscard]] Result<void> begin();
  // Reads what was there at one moment, until roll_back(); excludes nobody.
  [[nodiscard]] Result<void> begin_snapshot();
  [[nodiscard]] Result<void> commit();
  void roll_back() noexcept;

  // True once after every announcement, and after a new connection: what was announced in between is not known.
  [[nodiscard]] Result<bool> has_news();

  // Open, and not used for so long.
  [[nodiscard]] bool is_idle(std::chrono::milliseconds time) const noexcept;
  // It is opened again when it is needed.
  void close() noexcept;

 private:
  template <typename Use>
  auto guarded(Use use) -> Result<decltype(use(std::declval<pqxx::connection&>()))> {
    using Value = decltype(use(std::declval<pqxx::connection&>()));
    last_use_ = std::chrono::steady_clock::now();
    try {
      if (!connection_ || (!work_ && hung_up())) CHECK(connect());
      const Deadline::Watch watch(deadline_, connection_->sock());
      if constexpr (std::is_void_v<Value>) {
        use(*connection_);
        return {};
      } else {
        return use(*connection_);
      }
    } catch (const std::exception& error) {
      return failure(error);
    }
  }

  [[nodiscard]] Result<void> begin_with(const char* first);
  Result<void> connect();
  [[nodiscard]] bool hung_up() const noexcept;
  std::unexpected<Error> failure(const std::exception& error);

  const std::string options_;
  const RemoteServer remote_;
  const News listens_;
  std::unique_ptr<pqxx::connection> connection_;
  Prepared prepared_;               // on connection_
  std::optional<pqxx::work> work_;  // before the connection goes
  bool news_ = false;
  std::chrono::steady_clock::time_point last_use_{};
  std::chrono::steady_clock::time_point not_before_{};  // of the next attempt to connect
  std::string last_failure_;
  Deadline deadline_{std::chrono::seconds(10)};
};

}  // namespace credence::verifier::postgres
