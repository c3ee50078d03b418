#include "verifier/scheme/riot/compare.h"

#include <algorithm>
#include <format>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "rats/corim/match/match.h"
#include "verifier/scheme/nearest.h"
#include "verifier/scheme/riot/trace_steps.h"

namespace credence::verifier::riot {
namespace {

namespace dice = evidence::dice;

bool has_svn(const dice::Measurement& measurement, const std::optional<rats::Svn>& expected) {
  if (!expected) return true;
  if (!measurement.svn) return false;
  return expected->minimum ? *measurement.svn >= expected->value : *measurement.svn == expected->value;
}

// The FWID is one that the value states, and so are all others of the layer that the value could state.
bool holds_for(const ApprovedFirmware::Entry& entry, const Layer& layer, const dice::FirmwareId& fwid) {
  return !entry.digests.ambiguous && states(entry, fwid) && is_about(entry, layer) &&
         has_svn(layer.measurement, entry.svn) && rats::match::digests(entry.digests.all, layer.digests);
}

const ApprovedFirmware::Entry* find(const Approved& approved, const Layer& layer, const dice::FirmwareId& fwid,
                                    Timestamp now, bool& expired) {
  if (layer.ambiguous) return nullptr;
  for (const auto& some : approved)
    for (const DigestIndex::Entry& found : some->by_digest.find(fwid.digest)) {
      const ApprovedFirmware::Entry& entry = some->entries[found.position];
      if (!holds_for(entry, layer, fwid)) continue;
      if (entry.validity.contains(now)) return &entry;
      expired = true;
    }
  return nullptr;
}

// FWIDs that are not approved, for people.
class Unknown {
 public:
  void add(const dice::FirmwareId& fwid, const Layer& layer) {
    if (++count_ > kMostNamed) return;
    text_ +=
        std::format("{}{}{}", text_.empty() ? "" : ", ", to_hex(fwid.digest),
                    layer.ambiguous ? " (its layer states FWIDs of one algorithm twice, which match nothing)" : "");
  }
  [[nodiscard]] std::string text() const {
    return count_ > kMostNamed ? std::format("{} and {} more", text_, count_ - kMostNamed) : text_;
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

Layer::Layer(const dice::Measurement& of)
    : measurement(of), named(layer_of(of)), digests(digests_of(of)), ambiguous(rats::match::is_ambiguous(digests)) {}

bool is_about(const ApprovedFirmware::Entry& entry, const Layer& layer) {
  const rats::Class& asked = entry.layer;
  const rats::Class& named = layer.named;
  return (!asked.vendor || asked.vendor == named.vendor) && (!asked.model || asked.model == named.model) &&
         (!asked.layer || asked.layer == named.layer) && (!asked.index || asked.index == named.index);
}

bool states(const ApprovedFirmware::Entry& entry, const dice::FirmwareId& fwid) {
  return std::ranges::any_of(entry.digests.all, [&](const rats::CorimDigest& digest) {
    return digest.value == fwid.digest && rats::hash_of(digest) == hash_of(fwid);
  });
}

std::vector<rats::CorimDigest> digests_of(const dice::Measurement& measurement) {
  std::vector<rats::CorimDigest> digests;
  for (const dice::FirmwareId& fwid : measurement.firmware)
    if (const auto hash = hash_of(fwid))
      digests.push_back({.algorithm = rats::named_information_id(*hash), .value = fwid.digest});
  return digests;
}

std::optional<crypto::HashAlgorithm> hash_of(const dice::FirmwareId& fwid) {
  if (fwid.algorithm == "2.16.840.1.101.3.4.2.1") return crypto::HashAlgorithm::sha256;
  if (fwid.algorithm == "2.16.840.1.101.3.4.2.2") return crypto::HashAlgorithm::sha384;
  if (fwid.algorithm == "2.16.840.1.101.3.4.2.3") return crypto::HashAlgorithm::sha512;
  return std::nullopt;
}

rats::Class layer_of(const dice::Measurement& measurement) {
  rats::Class layer;
  const bool composite = measurement.device_id.has_value();
  layer.vendor = composite ? std::optional(std::string(kVendor)) : measurement.vendor;
  layer.model = composite ? std::optional(std::string(kModel)) : measurement.model;
  layer.layer = measurement.layer;
  layer.index = measurement.index;
  return layer;
}

FirmwareKeys firmware_keys(const dice::Chain& chain) {
  std::set<Bytes> of_makers, others;
  for (const auto& measurements : chain.measurements)
    for (const dice::Measurement& measurement : measurements)
      if (!measurement.firmware.empty())
        for (const rats::Class& member : members_of(layer_of(measurement)))
          (member.vendor || member.model ? of_makers : others).insert(firmware_key(member));
  FirmwareKeys keys{.all = {of_makers.begin(), of_makers.end()}, .of_makers = of_makers.size()};
  keys.all.insert(keys.all.end(), others.begin(), others.end());
  return keys;
}

Comparison::Comparison(const dice::Chain& chain, Approved approved, Timestamp now)
    : approved_(std::move(approved)), now_(now) {
  for (const auto& measurements : chain.measurements)
    for (const dice::Measurement& measurement : measurements) {
      if (measurement.firmware.empty()) continue;
      const Layer& layer = layers_.emplace_back(measurement);
      for (const dice::FirmwareId& fwid : measurement.firmware)
        compared_.push_back(
            {.layer = layers_.size() - 1, .fwid = &fwid, .by = find(approved_, layer, fwid, now, expired_)});
    }
}

bool Comparison::holds() const noexcept {
  return !compared_.empty() &&
         std::ranges::all_of(compared_, [](const Compared& compared) { return compared.by != nullptr; });
}

void Comparison::add_steps(Trace& trace, std::string_view submodule) const {
  for (const auto& [layer, fwid, by] : compared_)
    if (by != nullptr)
      trace_approved(trace, submodule, *fwid, *by);
    else
      trace_refused(trace, submodule, layers_[layer], *fwid, approved_, now_);
}

Result<void> Comparison::verdict() const {
  if (holds()) return {};
  // Devices that measure none do not pass by saying nothing.
  if (compared_.empty()) return fail(Errc::not_affirming, "firmware has to be endorsed, and the chain measures none");
  Unknown unknown;
  for (const auto& [layer, fwid, by] : compared_)
    if (by == nullptr) unknown.add(*fwid, layers_[layer]);
  // Never endorsed, or withdrawn: who revokes a firmware must not make all of them good.
  if (approved_.empty())
    return fail(Errc::no_reference_values,
                std::format("no reference value is known for the firmware of a device whose layers name themselves as "
                            "these do: the chain says which device it is, and nobody said what it may run; FWID {}",
                            unknown.text()));
  return fail(expired_ ? Errc::expired : Errc::not_affirming,
              std::format("FWID: no reference value that is valid now for {}", unknown.text()));
}

Result<void> check_flags(const dice::Chain& chain, std::string_view submodule, Trace& trace) {
  Result<void> closed;
  for (const auto& measurements : chain.measurements)
    for (const dice::Measurement& measurement : measurements) {
      const bool is_open = (measurement.flags & dice::kOpenFlags) != 0;
      trace_flags(trace, submodule, measurement, !is_open);
      if (is_open && closed)
        closed = fail(Errc::not_affirming,
                      std::format("a layer is in debug or recovery, not configured or not secure: flags 0x{:x}",
                                  measurement.flags));
    }
  return closed;
}

}  // namespace credence::verifier::riot
