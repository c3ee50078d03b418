// Of what was expected, the few that people are shown.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace credence::verifier {

// Of more reference values than this the others are only counted: people read it.
inline constexpr std::size_t kMostNamed = 4;

template <typename Value>
struct Nearest {
  std::vector<const Value*> entries;  // the nearest first
  std::size_t left_out = 0;
};

// At most kMostNamed of `values`, those of the first rank first, each rank in its order. What is of none of the ranks
// is neither named nor counted. Each value is ranked once: there may be very many.
template <typename Value, typename Rank, std::size_t kRanks, typename RankOf>
[[nodiscard]] Nearest<Value> nearest(const std::vector<const Value*>& values, const std::array<Rank, kRanks>& ranks,
                                     const RankOf& rank_of) {
  std::array<std::vector<const Value*>, kRanks> of_rank;
  Nearest<Value> found;
  for (const Value* value : values) {
    const auto rank = std::ranges::find(ranks, rank_of(*value));
    if (rank == ranks.end()) continue;
    auto& named = of_rank[static_cast<std::size_t>(rank - ranks.begin())];
    if (named.size() < kMostNamed) named.push_back(value);
    ++found.left_out;
  }
  for (const auto& named : of_rank)
    for (const Value* value : named)
      if (found.entries.size() < kMostNamed) found.entries.push_back(value);
  found.left_out -= found.entries.size();
  return found;
}

}  // namespace credence::verifier
