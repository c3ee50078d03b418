// The gate (protocol.md 1.9): decides whether a connection may carry application data. It trusts no callback that may
// have been bypassed: it opens only when it is told, at the end of the handshake, that every demand has been met.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace credence::channel {

class Gate {
 public:
  enum class State : std::uint8_t {
    closed,           // nothing is decided: no data in either direction
    shim_only,        // the handshake is done, evidence follows over the session: control frames only
    open,             // every demand is met
    closed_for_good,  // refused: stays so
  };

  // What is known when the handshake is done.
  struct Facts {
    bool resumed = false;          // a resumed session or early data: no certificate was looked at
    bool demands_met = false;      // each demand of the creating and of the current context has its affirming verdict
    bool session_binding = false;  // what is missing follows over the session
  };

  [[nodiscard]] State state() const noexcept { return state_; }
  // The reason of the refusal, while closed for good.
  [[nodiscard]] const std::optional<Error>& reason() const noexcept { return reason_; }

  // The end of the handshake; once.
  Result<void> handshake_done(const Facts& facts);
  // The verdict over evidence that came over the session.
  Result<void> session_verdict(Result<void> verdict);
  // Any refusal, at any time. The first reason stays.
  void refuse(Error reason);

  // Errc::gate_closed, with the reason, unless open.
  [[nodiscard]] Result<void> check_open() const;

 private:
  State state_ = State::closed;
  std::optional<Error> reason_;
};

[[nodiscard]] std::string_view name(Gate::State state) noexcept;

}  // namespace credence::channel
