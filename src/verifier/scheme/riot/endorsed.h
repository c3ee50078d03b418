// What is endorsed for DICE chains: the roots of devices, and the firmware that may run on them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "evidence/dice/chain.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/statement.h"

namespace credence::verifier::riot {

// Veraison's: roots only, all of one class.
inline constexpr std::string_view kProfile = "tag:veraison-project.com,2026:riot";
// Ours: reference values only, which Veraison's profile has no place for.
inline constexpr std::string_view kFirmwareProfile = "tag:credence.example,2026:dice";

inline constexpr std::string_view kVendor = "Veraison Project";
inline constexpr std::string_view kModel = "RIOT";

// Evidence does not say whose device it is of, so there is one object of each topic.
inline constexpr std::string_view kKey = "RIOT";

struct DeviceRoots final : Endorsed {
  struct Authority {
    crypto::Certificate certificate;
    Periods validity;
  };
  std::vector<Authority> roots;
  std::vector<Authority> intermediates;

  // Those that may be used now.
  [[nodiscard]] evidence::dice::Anchors at(Timestamp now) const;
};

struct ApprovedFirmware final : Endorsed {
  struct Entry {
    rats::Class layer;  // members that are given must be those of the TcbInfo
    rats::CorimDigest digest;
    std::optional<rats::Svn> svn;
    Periods validity;
    std::string source;      // the CoRIM's own id
    std::string submission;  // its id in the store
  };
  std::vector<Entry> entries;
};

[[nodiscard]] Result<void> check_root_environment(const rats::Environment& environment);
// The root last, in a path with what lies between it and the devices before it.
[[nodiscard]] Result<std::vector<crypto::Certificate>> certificates_of(const rats::KeyTriple& triple);
[[nodiscard]] Result<std::vector<ApprovedFirmware::Entry>> firmware_of(const rats::ReferenceTriple& triple);

[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_roots(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_firmware(std::span<const Statement> statements);

}  // namespace credence::verifier::riot
