#include "verifier/scheme/riot/trace_steps.h"

#include <array>
#include <cstdint>
#include <format>
#include <string>
#include <utility>

#include "base/text.h"
#include "verifier/scheme/approved_digests.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/scheme/nearest.h"

namespace credence::verifier::riot {
namespace {

using evidence::dice::FirmwareId;
using Entry = ApprovedFirmware::Entry;

Trace::Step about_fwid(std::string_view submodule) {
  return {.submodule = std::string(submodule), .claim = "executables", .subject = "FWID"};
}

std::string layer_text(const rats::Class& layer) {
  std::string text;
  if (layer.vendor) text += ", vendor " + *layer.vendor;
  if (layer.model) text += ", model " + *layer.model;
  if (layer.layer) text += std::format(", layer {}", *layer.layer);
  if (layer.index) text += std::format(", index {}", *layer.index);
  return text;
}

std::string entry_text(const Entry& entry, Timestamp now) {
  std::string text = text_of(entry.digests);
  if (entry.svn) text += std::format(", svn {}{}", entry.svn->minimum ? "at least " : "", entry.svn->value);
  text += layer_text(entry.layer);
  if (!entry.validity.contains(now)) text += ", which " + entry.validity.refusal(now);
  return text;
}

std::string measured_text(const Layer& layer, const FirmwareId& fwid) {
  const auto hash = hash_of(fwid);
  std::string text = std::format("{} {}", hash ? crypto::name(*hash) : fwid.algorithm, to_hex(fwid.digest));
  if (layer.measurement.svn) text += std::format(", svn {}", *layer.measurement.svn);
  text += layer_text(layer.named);
  if (layer.ambiguous) text += ", which matches nothing: an algorithm stands twice in its layer";
  return text;
}

struct NamedFlag {
  std::uint32_t bit;
  std::string_view name;
};
// Those of dice::kOpenFlags.
constexpr std::array<NamedFlag, 4> kNamedFlags{
    {{0x1, "not configured"}, {0x2, "not secure"}, {0x4, "recovery"}, {0x8, "debug"}}};

std::string flags_text(std::uint32_t flags) {
  std::string text;
  for (const auto& [bit, name] : kNamedFlags)
    if ((flags & bit) != 0) text.append(text.empty() ? "" : ", ").append(name);
  return std::format("{}, flags 0x{:x}", text.empty() ? "none of them" : text, flags);
}

enum class Rank : std::uint8_t { same, valid, expired, none };

// Digests of which nothing matches may be very many: they are not walked.
Rank rank_of(const Entry& entry, const Layer& layer, const FirmwareId& fwid, Timestamp now) {
  if (!entry.digests.ambiguous && states(entry, fwid)) return Rank::same;
  if (!is_about(entry, layer)) return Rank::none;
  return entry.validity.contains(now) ? Rank::valid : Rank::expired;
}

}  // namespace

void trace_approved(Trace& trace, std::string_view submodule, const FirmwareId& fwid, const Entry& by) {
  if (!trace.wanted()) return;
  Trace::Step step = about_fwid(submodule);
  step.expected = step.actual = to_hex(fwid.digest);
  name_source(step, by.source);
  step.agrees = true;
  trace.add(std::move(step));
}

void trace_refused(Trace& trace, std::string_view submodule, const Layer& layer, const FirmwareId& fwid,
                   const Approved& approved, Timestamp now) {
  if (!trace.wanted()) return;
  Trace::Step step = about_fwid(submodule);
  step.actual = measured_text(layer, fwid);
  Candidates<Entry> candidates;
  for (const auto& some : approved) candidates.add(some->entries, some->by_digest, fwid.digest);
  const auto [entries, left_out] = nearest(candidates.values, std::array{Rank::same, Rank::valid, Rank::expired},
                                           [&](const Entry& entry) { return rank_of(entry, layer, fwid, now); });
  if (entries.empty()) return trace.add(std::move(step));
  const std::string others = candidates.all ? others_text(left_out) : ", or others";
  for (const Entry* entry : entries) {
    step.expected = entry_text(*entry, now) + (entry == entries.back() ? others : "");
    name_source(step, entry->source);
    trace.add(step);
  }
}

void trace_flags(Trace& trace, std::string_view submodule, const evidence::dice::Measurement& layer, bool closed) {
  if (!trace.wanted()) return;
  trace.add({.submodule = std::string(submodule),
             .claim = "configuration",
             .subject = "state of a layer" + layer_text(layer_of(layer)),
             .expected = "none of not configured, not secure, recovery, debug",
             .actual = flags_text(layer.flags),
             .source = {},
             .submission = {},
             .agrees = closed});
}

}  // namespace credence::verifier::riot
