#include "channel/gate.h"

#include <utility>

#include "base/weak.h"

namespace credence::channel {

Result<void> Gate::handshake_done(const Facts& facts) {
  if (weak::removed(weak::Check::gate)) {
    state_ = State::open;
    return {};
  }
  if (state_ == State::closed_for_good) return std::unexpected(*reason_);
  if (state_ != State::closed) refuse({.code = Errc::internal, .why = "the handshake ended twice"});
  // protocol.md 1.5. Certificate callbacks do not run on a resumed session: trust of long ago would pass for today's.
  const bool trusts_old_session = facts.resumed && weak::removed(weak::Check::resumption);
  const bool demands_met = facts.demands_met || trusts_old_session;
  if (facts.resumed && !trusts_old_session) {
    refuse({.code = Errc::resumed, .why = "the session was resumed: attested connections need a full handshake"});
  } else if (!demands_met && !facts.session_binding) {
    // protocol.md 1.9: missing evidence is a failure by itself, whatever the reason it is missing. Without this line
    // each way around OpenSSL's callbacks ends in a connection that passes for attested.
    refuse({.code = Errc::evidence_missing,
            .why = "the handshake ended without an affirming verdict: the peer attested nothing, or the verify step "
                   "was bypassed (SSL_VERIFY_NONE, another SSL_CTX, a replaced callback)"});
  }
  if (state_ == State::closed_for_good) return std::unexpected(*reason_);
  state_ = demands_met ? State::open : State::shim_only;
  return {};
}

Result<void> Gate::session_verdict(Result<void> verdict) {
  if (state_ == State::closed_for_good) return std::unexpected(*reason_);
  if (state_ == State::closed) {
    refuse({.code = Errc::internal, .why = "a verdict over the session came before the end of the handshake"});
  } else if (!verdict) {
    refuse(std::move(verdict).error());
  }
  if (state_ == State::closed_for_good) return std::unexpected(*reason_);
  state_ = State::open;
  return {};
}

void Gate::refuse(Error reason) {
  if (state_ == State::closed_for_good) return;
  state_ = State::closed_for_good;
  reason_ = std::move(reason);
}

Result<void> Gate::check_open() const {
  if (state_ == State::open || weak::removed(weak::Check::gate)) return {};
  if (reason_) return std::unexpected(*reason_);
  return fail(Errc::gate_closed, "no application data before the peer is accepted (the gate is " +
                                     std::string(name(state_)) + "): finish the handshake first");
}

std::string_view name(Gate::State state) noexcept {
  switch (state) {
    case Gate::State::closed:
      return "closed";
    case Gate::State::shim_only:
      return "shim-only";
    case Gate::State::open:
      return "open";
    case Gate::State::closed_for_good:
      return "closed for good";
  }
  return "unknown";
}

}  // namespace credence::channel
