#include "credence/tls.h"

#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "channel/openssl/attach.h"
#include "wire/json/json.h"

namespace credence {
namespace {

Result<channel::PeerPin> pin_of(const Demands& demands) {
  channel::PeerPin pin{.instances = {}, .names = demands.names, .any_of_class = demands.any_of_class};
  for (const auto& instance : demands.instances) {
    auto kid = from_hex(instance);
    if (!kid) return within("instance " + instance, std::move(kid).error());
    pin.instances.emplace_back(*std::move(kid));
  }
  return pin;
}

Result<channel::Demands> demands_of(const Demands& demands) {
  channel::Demands made;
  made.appraiser = demands.verifier;
  TRY(made.pin, pin_of(demands));
  made.attestation_only = demands.attestation_only;
  made.verdict_deadline = demands.verdict_deadline;
  made.allow_insecure_test_root = demands.allow_insecure_test_root;
  return made;
}

}  // namespace

Result<void> attach(SSL_CTX* context, const AttachOptions& options) {
  channel::Attachment attachment;
  attachment.clock = system_clock();
  attachment.extension_type = options.extension_type;
  if (options.attester) {
    attachment.offer.emplace();
    attachment.offer->attester = options.attester;
  }
  if (options.require) {
    TRY(channel::Demands demands, demands_of(*options.require));
    attachment.demands = std::move(demands);
  }
  return channel::attach(context, std::move(attachment), {options.message_callback, options.message_argument});
}

Result<Peer> peer(const SSL* ssl) {
  TRY(const channel::PeerAppraisal known, channel::peer(ssl));
  const auto& claims = known.ear.credence;
  return Peer{.instance = to_hex(known.kid.view()),
              .binding = std::string(channel::name(known.binding)),
              .freshness = known.freshness.text(),
              .verifier = known.verifier,
              .pinned_by = known.pinned_by,
              .class_id = claims.class_id.value_or(""),
              .software_tpm = claims.software_tpm.value_or(false),
              .unknown_tpm_maker = claims.unknown_tpm_maker.value_or(false),
              .insecure_test_root = claims.test_root.value_or(false),
              .warnings = known.warnings,
              .result = json::to_text(rats::ear_to_json(known.ear)),
              .tls_key = to_bytes(known.spki.view())};
}

std::optional<Error> refusal(const SSL* ssl) { return channel::refusal(ssl); }

void cancel(SSL* ssl) { channel::cancel(ssl); }

}  // namespace credence
