// What the verifier knows, as one appraisal sees it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "verifier/store.h"
#include "verifier/trace.h"

namespace credence::verifier {

// For one appraisal on one thread. A store that fails is remembered here: whatever a scheme then makes of the missing
// answer, the engine gives no verdict.
class Endorsements {
 public:
  // `trace` must outlive the appraisal.
  Endorsements(const Knowledge& store, const Scheme& scheme, Timestamp now, Trace& trace)
      : store_(&store), scheme_(&scheme), now_(now), trace_(&trace) {}

  // Null when nothing is known, or the store failed. T is what the scheme's join() makes for this topic.
  template <typename T>
  [[nodiscard]] std::shared_ptr<const T> find(Topic topic, ByteView key,
                                              IfUnknown if_unknown = IfUnknown::ask_for_news) {
    if (remembers_ && topic == Topic::reference_values) remember(key);
    auto found = store_->find({.scheme = *scheme_, .topic = topic, .key = key, .if_unknown = if_unknown});
    if (found) return std::static_pointer_cast<const T>(*std::move(found));
    if (!failure_) failure_ = std::move(found).error();
    return nullptr;
  }

  // For policies: from now on it is remembered which reference values are looked up.
  void remember_look_ups() noexcept { remembers_ = true; }
  // What CoRIMs say of them, valid or not: all of it, however they were looked up, since a policy must not judge by
  // half of what is known. A failure is remembered as that of find() is.
  [[nodiscard]] Result<void> for_each_looked_up(const std::function<void(const Statement&)>& visit) {
    for (const Bytes& key : looked_up_) {
      auto visited =
          store_->for_each_statement({.scheme = *scheme_, .topic = Topic::reference_values, .key = key}, visit);
      if (visited) continue;
      if (!failure_) failure_ = visited.error();
      return visited;
    }
    return {};
  }

  // Whether any conditional endorsement of this scheme is known.
  [[nodiscard]] bool has_conditional() { return find<Endorsed>(Topic::conditional_endorsements, {}) != nullptr; }

  [[nodiscard]] Timestamp now() const noexcept { return now_; }
  // Where the scheme notes what it compared with what it found.
  [[nodiscard]] Trace& trace() const noexcept { return *trace_; }
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  // What is looked up again, for news, is there once.
  void remember(ByteView key) {
    const auto is_key = [key](const Bytes& known) { return equal(known, key); };
    if (std::ranges::none_of(looked_up_, is_key)) looked_up_.push_back(to_bytes(key));
  }

  const Knowledge* store_;
  const Scheme* scheme_;
  Timestamp now_;
  Trace* trace_;
  std::optional<Error> failure_;
  bool remembers_ = false;
  std::vector<Bytes> looked_up_;  // keys, each once
};

}  // namespace credence::verifier
