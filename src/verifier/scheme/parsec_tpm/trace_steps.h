// What the scheme compared, as steps of a trace (docs/formats/ear.md). Nothing is done unless a trace is wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "evidence/tpm/check.h"
#include "verifier/policy.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier {

// Who the attestation key belongs to; null when no endorsement names the kid.
void trace_anchor(Trace& trace, ByteView kid, const TrustAnchor* anchor, Timestamp now);
void trace_minimum_pcrs(Trace& trace, const evidence::tpm::QuoteInfo& quote, const Policy& policy, bool agrees);
struct ComparedPcr {
  std::string_view bank;
  std::uint8_t pcr = 0;
  ByteView value;  // empty when it did not come beside the quote
  bool agrees = false;
};
// One PCR with the values that are known for it, null for none, and with those that match nothing.
void trace_pcr(Trace& trace, const ComparedPcr& compared, const ReferenceValues& values,
               const std::vector<ApprovedValue>* known, Timestamp now);

// The digest over one combination of approved values.
struct ExpectedComposite {
  std::string digest;
  Sources sources;
};
// All PCRs at once, a step for each of the combinations.
void trace_composite(Trace& trace, std::span<const ExpectedComposite> expected, ByteView got, std::size_t left_out,
                     bool agrees);
void trace_no_values(Trace& trace, std::string_view class_id);

}  // namespace credence::verifier
