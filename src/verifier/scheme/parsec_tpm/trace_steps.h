// What the scheme compared, as steps of a trace (docs/formats/ear.md). Nothing is done unless a trace is wanted.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/strong.h"
#include "evidence/tpm/check.h"
#include "verifier/policy.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier {

// Who the attestation key belongs to; null when no endorsement names the kid.
void trace_anchor(Trace& trace, const Kid& kid, const TrustAnchor* anchor, Timestamp now);
void trace_minimum_pcrs(Trace& trace, const evidence::tpm::QuoteInfo& quote, const Policy& policy, bool agrees);
// One PCR whose value came beside the quote; null when no value is known for it.
void trace_pcr(Trace& trace, std::string_view bank, std::uint8_t pcr, const std::vector<ApprovedValue>* known,
               ByteView got, bool agrees);
// All PCRs at once: the digests of the approved combinations, and the one that was quoted.
void trace_composite(Trace& trace, const ReferenceValues& values, std::string_view expected, ByteView got, bool agrees);
void trace_no_values(Trace& trace, std::string_view class_id);

}  // namespace credence::verifier
