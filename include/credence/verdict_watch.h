// Whether verdicts still stand, for programs that hold connections open: a verifier tells over its change feed
// (docs/verifier-api.md) when what verdicts rest on was revoked, withdrawn or changed.
//
//   auto watch = credence::VerdictWatch::open({.url = "https://verifier.example"}).value();
//   const auto begun = std::chrono::steady_clock::now();   // before the handshake
//   ...
//   if (!watch.check(begun)) close_the_connection();       // from time to time, as long as it is open
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "credence/result.h"

namespace credence {

struct VerdictWatchOptions {
  std::string url;                                 // of the verifier: "https://verifier.example:8443"
  std::optional<std::filesystem::path> ca_file{};  // of its certificate; absent: the system's authorities
  std::optional<std::filesystem::path> token{};    // a file with the token that it wants; absent: none
  bool allow_insecure_http = false;                // plain HTTP to another machine: whoever is between may hide changes
  // Endorsements that are added, or activated again, end verdicts too: a newer version of a CoMID takes the place of
  // the older one. Where devices are endorsed all the time, so are connections ended. What is taken away, entries of
  // the deny list and policies always end them.
  bool also_additions = false;
  // When the verifier has said nothing for so long, verdicts of before end: nobody knows of a revocation then. At least
  // 2 s. A verifier that is cut off from its database falls silent after its --max-staleness (300 s): a revocation that
  // it misses ends connections after both together, at the latest.
  std::chrono::seconds longest_silence{60};
  // How much later than this watch an appraisal may come to know of a change: a verdict that was given less than that
  // after one ends when that is over. Verifiers over one database see each other's changes within 6 s, and as late as
  // --max-staleness while they are cut off from it: give that for verdicts that must not outlast it. Beside
  // edge_verifier() its max_age is to be added: until then it goes by answers that it keeps.
  std::chrono::seconds knowledge_lag{10};
  // Verdicts that are older end. That an endorsement passes its not-after is no change, and ends none otherwise.
  // Absent: they stand until something changes.
  std::optional<std::chrono::seconds> longest_verdict{};
};

class VerdictWatch {
 public:
  // Blocks until the verifier has answered: what happens from then on is seen. What its first question fails with.
  // What happened less than knowledge_lag before may be unknown to the first appraisals, and is not told.
  [[nodiscard]] static Result<VerdictWatch> open(const VerdictWatchOptions& options);
  VerdictWatch(VerdictWatch&&) noexcept;
  VerdictWatch& operator=(VerdictWatch&&) noexcept;
  ~VerdictWatch();

  // Of a connection whose handshake began then. Errc::stale, with what has changed, or unavailable: its verdict does
  // not stand any more, and the peer has to be appraised anew, on a new connection. Thread-safe, and costs next to
  // nothing.
  [[nodiscard]] Result<void> check(std::chrono::steady_clock::time_point begun) const;

 private:
  struct State;
  explicit VerdictWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace credence
