// What is endorsed for SEV-SNP: AMD's roots by the names of their subjects, and sets of reference values by
// MEASUREMENT.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "evidence/sevsnp/check.h"
#include "verifier/scheme/endorsed_authority.h"
#include "verifier/scheme/sevsnp/expected.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"

namespace credence::verifier::sevsnp {

inline constexpr std::string_view kClass = "1.3.6.1.4.1.3704.3.1";  // the OID of reports
inline constexpr std::string_view kProfile = "tag:amd.com,2024:snp-corim-profile";
inline constexpr std::string_view kArkProfile = "https://amd.com/ark";

struct ProductRoot final : Endorsed {
  std::vector<EndorsedAuthority> arks;
  std::vector<EndorsedAuthority> asks;

  // Those that may be used now.
  [[nodiscard]] evidence::sevsnp::Roots at(Timestamp now) const;
};

// One triple: a guest that may run, if all of it is met.
struct ReferenceSet {
  std::vector<Expected> values;
  Periods validity;
  Source source;

  [[nodiscard]] const Expected* find(std::uint64_t mkey) const;
};
struct ReferenceSets final : Endorsed {
  std::vector<ReferenceSet> sets;
};

[[nodiscard]] Bytes root_key(std::string_view organization, std::string_view common_name);
// The class that it stands for: vendor and model.
[[nodiscard]] Result<rats::Class> class_of_root(ByteView root_key);
// The key of the class. Errc::missing_member without vendor or model.
[[nodiscard]] Result<Bytes> root_key_of(const rats::Environment& environment);
// The certificates of a trust anchor, the ARK last; ASKs may come before it in a path.
[[nodiscard]] Result<std::vector<crypto::Certificate>> certificates_of(const rats::KeyTriple& triple);
// The instance, 48 octets.
[[nodiscard]] Result<Bytes> measurement_of(const rats::Environment& environment);
[[nodiscard]] Result<std::vector<Expected>> values_of(const rats::ReferenceTriple& triple);

// Errc::conflict when two roots are endorsed under one name.
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_roots(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_sets(std::span<const Statement> statements);

}  // namespace credence::verifier::sevsnp
