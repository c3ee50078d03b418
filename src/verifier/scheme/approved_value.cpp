#include "verifier/scheme/approved_value.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <format>
#include <functional>
#include <utility>

#include "base/text.h"

namespace credence::verifier {
namespace {

enum class Nearness : std::uint8_t { same, valid, other };

Nearness nearness(const ApprovedValue& approved, ByteView got, Timestamp now) {
  if (equal(approved.value, got)) return Nearness::same;
  return approved.validity.contains(now) ? Nearness::valid : Nearness::other;
}

Nearest<ApprovedValue> nearest_of(std::span<const ApprovedValue> values, ByteView got, Timestamp now) {
  std::vector<const ApprovedValue*> all;
  for (const ApprovedValue& value : values) all.push_back(&value);
  return nearest(all, std::array{Nearness::same, Nearness::valid, Nearness::other},
                 [&](const ApprovedValue& value) { return nearness(value, got, now); });
}

// In the order in which they were provisioned.
std::string either_text(std::vector<const ApprovedValue*> values) {
  std::ranges::sort(values, std::less<>());
  std::string text;
  for (const ApprovedValue* value : values) text += (text.empty() ? "" : " or ") + to_hex(value->value);
  return text;
}

std::string value_text(const ApprovedValue& approved, Timestamp now) {
  std::string text = to_hex(approved.value);
  return approved.validity.contains(now) ? text : text + ", which " + approved.validity.refusal(now);
}

}  // namespace

void ApprovedJoiner::add(Bytes value, const Origin& origin) {
  auto known = positions_.find(as_text(value));
  if (known == positions_.end()) {
    values_.push_back({.value = std::move(value), .validity = {}, .sources = {}});
    known = positions_.emplace(as_text(values_.back().value), values_.size() - 1).first;
  }
  values_[known->second].validity.add(origin.validity);
  values_[known->second].sources.add(origin);
}

const ApprovedValue* find_approved(std::span<const ApprovedValue> values, ByteView value) {
  const auto found =
      std::ranges::find_if(values, [value](const ApprovedValue& approved) { return equal(approved.value, value); });
  return found == values.end() ? nullptr : &*found;
}

std::string others_text(std::size_t left_out) {
  return left_out == 0 ? "" : std::format(", or one of {} other{}", left_out, left_out == 1 ? "" : "s");
}

std::string expected_text(std::span<const ApprovedValue> values, Timestamp now) {
  std::vector<const ApprovedValue*> named;
  std::size_t valid = 0;
  for (const ApprovedValue& approved : values) {
    if (!approved.validity.contains(now)) continue;
    if (++valid <= kMostNamed) named.push_back(&approved);
  }
  if (valid == 0) return "a value that is valid now, of which there is none";
  return either_text(named) + others_text(valid - named.size());
}

void name_source(Trace::Step& step, const Source& source) {
  step.source = source.corim;
  step.submission = source.submission;
}

void name_sources(Trace::Step& step, const Sources& sources) {
  step.source = sources.corims();
  step.submission = sources.submissions();
}

void trace_approved(Trace& trace, const Trace::Step& compared, std::span<const ApprovedValue> values, ByteView got,
                    Timestamp now) {
  if (!trace.wanted()) return;
  const auto [entries, others] = nearest_of(values, got, now);
  if (entries.empty()) return trace.add(compared);
  const std::string left_out = others_text(others);
  if (compared.agrees) {
    Trace::Step agreed = compared;
    agreed.expected = either_text(entries) + left_out;
    name_sources(agreed, entries.front()->sources);
    return trace.add(std::move(agreed));
  }
  for (const ApprovedValue* value : entries) {
    Trace::Step differs = compared;
    differs.expected = value_text(*value, now) + (value == entries.back() ? left_out : "");
    name_sources(differs, value->sources);
    trace.add(std::move(differs));
  }
}

}  // namespace credence::verifier
