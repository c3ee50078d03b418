#include "channel/peer.h"

namespace credence::channel {
namespace {

// protocol.md 2.6. Without a pin the name resolution, or whoever controls it, picks the machine (diversion).
Result<void> check_pin(const Demands& demands) {
  const PeerPin& pin = demands.pin;
  const bool pinned = !pin.instances.empty() || !pin.names.empty();
  if (pin.any_of_class == pinned) {
    return fail_in(Errc::configuration, "demands.pin",
                   pinned ? "expected either instances and names or any_of_class, got both"
                          : "expected an instance, a name or any_of_class: nothing says which peer is meant");
  }
  if (demands.attestation_only && !pin.names.empty()) {
    return fail_in(Errc::configuration, "demands.pin.names",
                   "a self-signed leaf proves no name: pin an instance, or demand a CA-issued leaf");
  }
  return {};
}

Result<void> check_demands(const Demands& demands) {
  if (!demands.appraiser) return fail_in(Errc::configuration, "demands.appraiser", "expected an appraiser, got none");
  CHECK(check_pin(demands));
  if (demands.least_binding == Binding::session) {
    return fail_in(Errc::configuration, "demands.least_binding",
                   "binding session needs exported authenticators; in the handshake the most is handshake");
  }
  if (demands.least_binding != Binding::handshake) {
    return fail_in(Errc::configuration, "demands.least_binding",
                   "expected handshake: evidence in the handshake has this binding, weaker forms are not carried");
  }
  if (demands.verdict_deadline <= std::chrono::milliseconds::zero()) {
    return fail_in(Errc::configuration, "demands.verdict_deadline", "expected a positive time");
  }
  return {};
}

Result<void> check_offer(const Offer& offer) {
  if (!offer.attester) return fail_in(Errc::configuration, "offer.attester", "expected an attester, got none");
  if (!offer.attester->tls_key()) {
    return fail_in(Errc::configuration, "offer.attester", "the attester has no TLS key");
  }
  if (offer.evidence_deadline <= std::chrono::milliseconds::zero()) {
    return fail_in(Errc::configuration, "offer.evidence_deadline", "expected a positive time");
  }
  return {};
}

}  // namespace

std::string_view name(Binding binding) noexcept {
  switch (binding) {
    case Binding::none:
      return "none";
    case Binding::key:
      return "key";
    case Binding::handshake:
      return "handshake";
    case Binding::session:
      return "session";
  }
  return "none";
}

std::string Freshness::text() const {
  switch (kind) {
    case Kind::session:
      return "session";
    case Kind::age:
      return age ? std::to_string(age->count()) + " s" : "unknown";
    case Kind::unknown:
      return "unknown";
  }
  return "unknown";
}

Result<void> check(const Attachment& attachment) {
  if (!attachment.demands && !attachment.offer) {
    return fail(Errc::configuration, "expected demands, an offer or both: there is nothing to attach");
  }
  if (!attachment.clock) return fail_in(Errc::configuration, "clock", "expected a clock, got none");
  // RFC 8446 section 11: 0xff00..0xffff is for private use, anything else belongs to someone.
  if (attachment.extension_type < 0xff00) {
    return fail_in(Errc::configuration, "extension_type", "expected a private-use type from 0xff00 on");
  }
  if (attachment.demands) CHECK(check_demands(*attachment.demands));
  if (attachment.offer) CHECK(check_offer(*attachment.offer));
  return {};
}

}  // namespace credence::channel
