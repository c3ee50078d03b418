// A CoSERV service over a store, without HTTP: what it says goes through the signed form, and is checked as a client
// does.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/coserv.h"
#include "service/verifier/coserv_answer.h"
#include "service/verifier/coserv_discovery.h"
#include "support/evidence_maker.h"
#include "verifier/store.h"

namespace credence::test {

// Moves while others look at it.
class MovingClock final : public Clock {
 public:
  explicit MovingClock(Timestamp at) : at_(at) {}
  [[nodiscard]] Timestamp now() const override { return at_.load(); }
  void advance(std::chrono::milliseconds by) { at_ = at_.load() + by; }

 private:
  std::atomic<Timestamp> at_;
};

class CoservOverStore final : public client::CoservClient {
 public:
  CoservOverStore(std::shared_ptr<verifier::Store> store, std::shared_ptr<const Clock> clock)
      : store_(std::move(store)), clock_(std::move(clock)) {}

  void ask(rats::CoservQuery query, Done done) override {
    ++questions;
    if (holds) {
      const std::lock_guard lock(mutex_);
      held_.push_back([this, query = std::move(query), done = std::move(done)]() mutable { done(answer(query)); });
      return;
    }
    done(answer(query));
  }
  // Answers all that is held back.
  void release() {
    std::vector<std::move_only_function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      held = std::exchange(held_, {});
    }
    for (auto& one : held) one();
  }

  [[nodiscard]] client::CoservTrust trust() const { return {.keys = {key.public_key()}}; }

  crypto::PrivateKey key = make_key();
  Seconds lifetime{3'600};
  std::atomic<int> questions = 0;
  std::atomic<bool> is_down = false;
  std::atomic<bool> holds = false;
  bool carries_deny_list = true;
  bool serves_documents = true;  // else its discovery says that it does not, as a client then does

 private:
  Result<client::CoservAnswer> answer(const rats::CoservQuery& query) const {
    if (is_down) return fail(Errc::unavailable, "the service is down");
    if (!serves_documents && std::holds_alternative<rats::RimQuery>(query.query))
      return fail(Errc::not_acceptable, "the service does not serve rims artifacts");
    const Timestamp now = clock_->now();
    TRY(rats::CoservResults results,
        service::answer_coserv(
            *store_, query,
            {.now = now, .expires = now + lifetime, .own_authority = service::authority_of(key.public_key())}));
    if (!carries_deny_list) results.rims.clear();
    client::CoservAnswer answer;
    TRY(answer.octets, rats::sign_coserv(query, results, key, {}, now));
    TRY(answer.message, client::check_coserv(answer.octets, trust(), now));
    return answer;
  }

  const std::shared_ptr<verifier::Store> store_;
  const std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> held_;
};

}  // namespace credence::test
