// Which CoRIMs say a statement: for traces, which name them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "verifier/store/statement.h"

namespace credence::verifier {

struct Source {
  Source() = default;
  explicit Source(const Origin& origin) : corim(origin.source), submission(origin.id) {}
  std::string corim;       // its own id
  std::string submission;  // its id in the store
};

class Sources {
 public:
  // Each submission once, and of very many the first ones: people read this.
  void add(const Origin& origin) {
    if (all_.size() < kMost && std::ranges::find(all_, origin.id, &Source::submission) == all_.end())
      all_.emplace_back(origin);
  }

  void add(const Sources& others) {
    for (const Source& other : others.all_)
      if (all_.size() < kMost && std::ranges::find(all_, other.submission, &Source::submission) == all_.end())
        all_.push_back(other);
  }

  // The ids that the CoRIMs give themselves, and their ids in the store, both in the order of the submissions.
  [[nodiscard]] std::string corims() const { return joined(&Source::corim); }
  [[nodiscard]] std::string submissions() const { return joined(&Source::submission); }

 private:
  static constexpr std::size_t kMost = 4;
  [[nodiscard]] std::string joined(std::string Source::* id) const {
    std::string text;
    for (const Source& source : all_) (text += text.empty() ? "" : ", ") += source.*id;
    return text;
  }

  std::vector<Source> all_;
};

}  // namespace credence::verifier
