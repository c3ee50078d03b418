// Appraisal as a channel sees it: evidence goes in with what it must be bound to, a verdict comes out. The engine in
// this process and a remote verifier both implement it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "evidence/binding/binder.h"
#include "rats/ear/ear.h"

namespace credence::verifier {

// Evidence of a channel is bound to a binder, evidence for a verifier's own session to its nonce. They are never
// interchangeable: a nonce is hashed, and only challenge keys sign it.
using Challenge = std::variant<evidence::Binder, Nonce>;

struct AppraisalRequest {
  std::string media_type;
  Bytes evidence;
  Challenge challenge;
  bool trace = false;  // the result shall say what was compared (credence.trace)
  std::string peer{};  // the name by which the relying party means the attester, for policies; empty: not said
};

using Verdict = std::move_only_function<void(Result<rats::Ear>)>;
// Appraiser::appraise() for one that was let in.
using Admitted = std::function<void(AppraisalRequest, Verdict)>;

// Thread-safe.
class Appraiser {
 public:
  virtual ~Appraiser() = default;
  // Media types of evidence that appraise() can judge, best first: what a relying party offers.
  [[nodiscard]] virtual std::vector<std::string> media_types() const = 0;
  // `done` is called exactly once, on any thread, perhaps before appraise() returns. An Error means that nothing was
  // decided or that the evidence could not even be read; bad evidence is an Ear that is not affirming. The Ear has been
  // authenticated: by its signature under a pinned key, or because the engine in this process made it.
  virtual void appraise(AppraisalRequest request, Verdict done) = 0;
  // For whoever spends something on an appraisal, to be asked before. What it returns takes the place of appraise(), as
  // often as this one appraisal needs it and from any thread, and never says Errc::busy: its place is kept until the
  // last copy goes, which must be before this object. Errc::busy here: too many wait, and nothing happened.
  [[nodiscard]] virtual Result<Admitted> admit(std::string_view /*media_type*/) {
    return [this](AppraisalRequest request, Verdict done) { appraise(std::move(request), std::move(done)); };
  }
};

}  // namespace credence::verifier
