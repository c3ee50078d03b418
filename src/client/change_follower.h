// Follows a verifier's change feed, for a relying party that holds connections open: what a verdict of yesterday rests
// on may be revoked today.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/http.h"

namespace credence::client {

struct VerifierChanges {
  std::string position;
  // Too much happened, or it is not known what: every verdict may be affected.
  bool everything = false;
  struct Change {
    std::string kind;   // "endorsements", "policies", "deny-list"
    std::string event;  // "added", "removed", "activated", "deactivated"
    std::string id;     // the verifier's
  };
  std::vector<Change> changes;
  bool configuration = false;  // of the verifier: what its verdicts depend on
  bool keys = false;           // that results are signed with
};

struct ChangeFollowerOptions {
  std::string url;  // of the verifier
  HttpOptions http{};
  std::chrono::seconds wait{10};  // how long the verifier may hold a question; below http.timeout
  std::chrono::milliseconds pause{
      1'000};  // before it is asked again after a failure, or an early answer without changes
  std::optional<std::string> position{};       // of an earlier follower; absent: from now on
  std::shared_ptr<const SecretBytes> token{};  // sent as "Authorization: Bearer"; null: none
  // All are called on one thread, one after the other, and must not block for long. What to do about a change is the
  // relying party's: drop the verdicts that it keeps, demand evidence anew.
  std::function<void(const VerifierChanges&)> on_changes;
  // The verifier cannot be asked: nothing is known about changes until it can, and then it says what was missed. Called
  // once for each failure.
  std::function<void(const Error&)> on_failure{};
  // The verifier has answered, with changes, of which on_changes has told then, or without. The first time: what
  // happens from now on will be told.
  std::function<void()> on_answer{};
};

class ChangeFollower {
 public:
  // Errc::usage for the URL, Errc::configuration without on_changes or with a wait that is none, and for a
  // token that cannot stand in a header.
  [[nodiscard]] static Result<std::unique_ptr<ChangeFollower>> follow(ChangeFollowerOptions options);
  // Nothing is called any more when this returns; not from within the functions.
  ~ChangeFollower();
  ChangeFollower(const ChangeFollower&) = delete;
  ChangeFollower& operator=(const ChangeFollower&) = delete;

 private:
  struct State;
  explicit ChangeFollower(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The verifier's answer. Errc as of the JSON.
[[nodiscard]] Result<VerifierChanges> parse_changes(std::string_view json);

}  // namespace credence::client
