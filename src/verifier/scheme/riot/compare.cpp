#include "verifier/scheme/riot/compare.h"

#include <format>
#include <optional>
#include <string>

#include "base/text.h"

namespace credence::verifier::riot {
namespace {

namespace dice = evidence::dice;

bool is_of_layer(const dice::Measurement& measurement, const rats::Class& layer) {
  const rats::Class stated = layer_of(measurement);
  return (!layer.vendor || layer.vendor == stated.vendor) && (!layer.model || layer.model == stated.model) &&
         (!layer.layer || layer.layer == stated.layer) && (!layer.index || layer.index == stated.index);
}

bool has_svn(const dice::Measurement& measurement, const std::optional<rats::Svn>& expected) {
  if (!expected) return true;
  if (!measurement.svn) return false;
  return expected->minimum ? *measurement.svn >= expected->value : *measurement.svn == expected->value;
}

const ApprovedFirmware::Entry* find(const ApprovedFirmware& approved, const dice::Measurement& measurement,
                                    const dice::FirmwareId& fwid, Timestamp now, bool& expired) {
  for (const ApprovedFirmware::Entry& entry : approved.entries) {
    if (entry.digest.value != fwid.digest || rats::hash_of(entry.digest) != hash_of(fwid)) continue;
    if (!is_of_layer(measurement, entry.layer) || !has_svn(measurement, entry.svn)) continue;
    if (entry.validity.contains(now)) return &entry;
    expired = true;
  }
  return nullptr;
}

void note(const dice::FirmwareId& fwid, const ApprovedFirmware::Entry* entry, std::string_view submodule,
          Trace& trace) {
  trace.add({.submodule = std::string(submodule),
             .claim = "executables",
             .subject = "FWID",
             .expected = entry == nullptr ? "" : to_hex(entry->digest.value),
             .actual = to_hex(fwid.digest),
             .source = entry == nullptr ? "" : entry->source,
             .submission = entry == nullptr ? "" : entry->submission,
             .agrees = entry != nullptr});
}

}  // namespace

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

Result<void> compare(const dice::Chain& chain, const ApprovedFirmware& approved, Timestamp now,
                     std::string_view submodule, Trace& trace) {
  std::string unknown;
  bool measured = false;
  bool expired = false;
  for (const auto& measurements : chain.measurements)
    for (const dice::Measurement& measurement : measurements)
      for (const dice::FirmwareId& fwid : measurement.firmware) {
        measured = true;
        const ApprovedFirmware::Entry* entry = find(approved, measurement, fwid, now, expired);
        if (trace.wanted()) note(fwid, entry, submodule, trace);
        if (entry == nullptr) unknown += (unknown.empty() ? "" : ", ") + to_hex(fwid.digest);
      }
  // Firmware is endorsed, so devices that measure none do not pass by saying nothing.
  if (!measured) return fail(Errc::not_affirming, "firmware is endorsed, and the chain measures none");
  if (unknown.empty()) return {};
  return fail(expired ? Errc::expired : Errc::not_affirming,
              std::format("FWID: no reference value that is valid now for {}", unknown));
}

Result<void> check_flags(const dice::Chain& chain) {
  for (const auto& measurements : chain.measurements)
    for (const dice::Measurement& measurement : measurements)
      if ((measurement.flags & dice::kOpenFlags) != 0)
        return fail(Errc::not_affirming,
                    std::format("a layer is in debug or recovery, not configured or not secure: flags 0x{:x}",
                                measurement.flags));
  return {};
}

}  // namespace credence::verifier::riot
