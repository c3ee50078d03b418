// What is endorsed for DICE chains: the roots of devices, and the firmware that may run on them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/approved_digests.h"
#include "verifier/scheme/endorsed_authority.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"

namespace credence::verifier::riot {

// Veraison's: roots only, all of one class.
inline constexpr std::string_view kProfile = "tag:veraison-project.com,2026:riot";
// Ours: reference values only, which Veraison's profile has no place for.
inline constexpr std::string_view kFirmwareProfile = "tag:credence.example,2026:dice";

inline constexpr std::string_view kVendor = "Veraison Project";
inline constexpr std::string_view kModel = "RIOT";

// Evidence does not say whose device it is of, so the roots are one object.
inline constexpr std::string_view kKey = "RIOT";

struct DeviceRoots final : Endorsed {
  std::vector<EndorsedAuthority> roots;
  std::vector<EndorsedAuthority> intermediates;

  // Those that may be used now.
  [[nodiscard]] evidence::dice::Anchors at(Timestamp now) const;
};

struct ApprovedFirmware final : Endorsed {
  struct Entry {
    rats::Class layer;        // members that are given must be those of the TcbInfo
    ApprovedDigests digests;  // of one measurement: they hold together
    std::optional<rats::Svn> svn;
    Periods validity;
    Source source;
  };
  std::vector<Entry> entries;
  DigestIndex by_digest;  // positions in entries
};
// What may hold for the layers of a chain, as it was looked up.
using Approved = std::vector<std::shared_ptr<const ApprovedFirmware>>;

[[nodiscard]] Result<void> check_root_environment(const rats::Environment& environment);
// The root last, in a path with what lies between it and the devices before it.
[[nodiscard]] Result<std::vector<crypto::Certificate>> certificates_of(const rats::KeyTriple& triple);
[[nodiscard]] Result<std::vector<ApprovedFirmware::Entry>> firmware_of(const rats::ReferenceTriple& triple);

// The vendor, model, layer and index of a class that are given, each as a class of its own.
[[nodiscard]] std::vector<rats::Class> members_of(const rats::Class& layer);
// What values for this class are looked up by: the first of its members. A value holds when every member that it gives
// is the layer's, so it stands under one of the members of the layer.
[[nodiscard]] Bytes firmware_key(const rats::Class& approved);

[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_roots(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_firmware(std::span<const Statement> statements);

}  // namespace credence::verifier::riot
