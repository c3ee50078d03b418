// The firmware that a chain measures against what is endorsed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier::riot {

// Of the FWIDs that can be compared.
[[nodiscard]] std::optional<crypto::HashAlgorithm> hash_of(const evidence::dice::FirmwareId& fwid);
// What a TcbInfo says of its layer. A CompositeDeviceID names neither maker nor model: it goes by those of its roots.
[[nodiscard]] rats::Class layer_of(const evidence::dice::Measurement& measurement);

// All FWIDs of the layer, as its digests; but for those that cannot be compared.
[[nodiscard]] std::vector<rats::CorimDigest> digests_of(const evidence::dice::Measurement& measurement);

// A TcbInfo in CoRIM's terms, made once for all that it is compared with. The measurement must outlive it.
struct Layer {
  explicit Layer(const evidence::dice::Measurement& of);

  const evidence::dice::Measurement& measurement;
  rats::Class named;
  std::vector<rats::CorimDigest> digests;
  bool ambiguous = false;  // it states FWIDs of one algorithm twice: they match nothing
};
// Every member that the value's class has is the layer's.
[[nodiscard]] bool is_about(const ApprovedFirmware::Entry& entry, const Layer& layer);
// The same digest of the same algorithm is among those of the value.
[[nodiscard]] bool states(const ApprovedFirmware::Entry& entry, const evidence::dice::FirmwareId& fwid);

// Under what its firmware is looked up; none when it measures no firmware, or names no layer of what it measures.
struct FirmwareKeys {
  std::vector<Bytes> all;     // each once
  std::size_t of_makers = 0;  // so many, the first ones, are of a vendor or a model
};
[[nodiscard]] FirmwareKeys firmware_keys(const evidence::dice::Chain& chain);

// The FWIDs of a chain, each with the value that approves it now, of those that a look-up found. A value approves the
// FWIDs that it states, of layers whose FWIDs and its digests match (rats::match::digests). The chain must outlive it.
class Comparison {
 public:
  Comparison(const evidence::dice::Chain& chain, Approved approved, Timestamp now);

  // Every FWID of every certificate is approved, and there is one.
  [[nodiscard]] bool holds() const noexcept;
  // Errc::no_reference_values, not_affirming, expired.
  [[nodiscard]] Result<void> verdict() const;
  void add_steps(Trace& trace, std::string_view submodule) const;

 private:
  struct Compared {
    std::size_t layer = 0;  // position in layers_
    const evidence::dice::FirmwareId* fwid = nullptr;
    const ApprovedFirmware::Entry* by = nullptr;  // null: no value that is valid now
  };

  Approved approved_;
  Timestamp now_;
  std::vector<Layer> layers_;
  std::vector<Compared> compared_;
  bool expired_ = false;  // one was approved once
};

// No layer says of itself that it is open. Errc::not_affirming.
[[nodiscard]] Result<void> check_flags(const evidence::dice::Chain& chain, std::string_view submodule, Trace& trace);

}  // namespace credence::verifier::riot
