// What one appraisal knows: answers at hand, and which questions have to be asked before there is a verdict.
//
// The engine is run over it; when something was missing its outcome means nothing, the questions are asked, and it is
// run again. So what evidence needs is found out by the schemes' own look-ups, and by nothing else.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "edge/answers.h"
#include "verifier/scheme/scheme.h"
#include "verifier/store.h"

namespace credence::edge {

// For one run of the engine on one thread.
class View final : public verifier::Knowledge {
 public:
  struct Options {
    // A service that carries no deny list is believed to have revoked nothing.
    bool allow_insecure_no_deny_list = false;
  };
  // `answers` must outlive the view.
  View(const Answers& answers, const verifier::Scheme& scheme, Timestamp now, Options options)
      : answers_(answers), scheme_(scheme), now_(now), options_(options) {}

  [[nodiscard]] Result<std::shared_ptr<const verifier::Endorsed>> find(const verifier::Lookup& lookup) const override;
  [[nodiscard]] Result<void> for_each_statement(
      const verifier::Lookup& lookup, const std::function<void(const verifier::Statement&)>& visit) const override;
  [[nodiscard]] Result<std::shared_ptr<const verifier::DenyList>> deny_list() const override;

  // By their octets: what has to be asked, and when what was used came.
  using Missing = std::map<Bytes, rats::CoservQuery>;
  using Used = std::map<Bytes, std::pair<rats::CoservQuery, Timestamp>>;
  [[nodiscard]] const Missing& missing() const noexcept { return missing_; }
  [[nodiscard]] const Used& used() const noexcept { return used_; }

 private:
  [[nodiscard]] Result<std::vector<Kept>> need(const rats::CoservQuery& query) const;
  // The statements of all answers, those of revoked signers left out. Errc::unavailable when something is missing.
  [[nodiscard]] Result<std::vector<verifier::Statement>> statements(const verifier::Lookup& lookup) const;

  const Answers& answers_;
  const verifier::Scheme& scheme_;
  Timestamp now_;
  Options options_;
  // Look-ups are const for the engine.
  mutable Missing missing_;
  mutable Used used_;
  mutable std::vector<std::shared_ptr<const Answer>> held_;  // statements point into them
};

}  // namespace credence::edge
