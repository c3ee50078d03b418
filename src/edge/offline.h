// A bundle that has been checked, as answers: no network is asked, and nothing is used past its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/coserv_check.h"
#include "edge/answers.h"
#include "edge/bundle.h"

namespace credence::edge {

// How old a bundle is, by what was signed; by what the file says where the service signs no time and no age is
// demanded.
struct BundleAge {
  Timestamp made{};   // of its oldest result
  Timestamp until{};  // when the first one expires, those apart that are of other makers (is_of_other_makers())

  // "made 2026-11-01T00:00:00.000Z (3600 s ago), good until ...".
  [[nodiscard]] std::string text(Timestamp now) const;
};

struct OfflineOptions {
  client::CoservTrust trust{};
  std::optional<std::chrono::seconds> max_age{};  // a bundle that is older is refused, however long it says it is good
};

class OfflineAnswers final : public Answers {
 public:
  // Checks the signature of every result, and the age. Errc::untrusted_verifier, duplicate_key (two answers to one
  // query), expired (past its end, or max_age), stale (made in the future, or max_age and no signed time),
  // invalid_value when the file's `until` is not that of its results.
  [[nodiscard]] static Result<std::shared_ptr<const OfflineAnswers>> open(const Bundle& bundle,
                                                                          const OfflineOptions& options, Timestamp now);

  // Errc::not_found when the bundle says nothing about it, or nothing any more.
  [[nodiscard]] Result<std::vector<Kept>> find(const rats::CoservQuery& query, ByteView octets,
                                               Timestamp now) const override;
  // Whether it may be used now: a program may outlive what it has opened. Errc::expired, stale.
  [[nodiscard]] Result<void> check_age(Timestamp now) const;
  [[nodiscard]] const BundleAge& age() const noexcept { return age_; }

 private:
  OfflineAnswers() = default;
  [[nodiscard]] Result<void> add(const Bundle::Entry& entry, const Bundle& bundle, const client::CoservTrust& trust);

  BundleAge age_{.made = Timestamp::max(), .until = Timestamp::max()};
  std::optional<std::chrono::seconds> max_age_;
  std::chrono::seconds clock_skew_{};
  std::map<Bytes, std::vector<Kept>> kept_;  // by the octets of the query for each single selector or document
};

}  // namespace credence::edge
