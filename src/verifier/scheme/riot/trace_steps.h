// The firmware and the flags that were compared, as steps of a trace (docs/formats/ear.md). Nothing is done unless a
// trace is wanted.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "evidence/dice/measurement.h"
#include "verifier/scheme/riot/compare.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier::riot {

void trace_approved(Trace& trace, std::string_view submodule, const evidence::dice::FirmwareId& fwid,
                    const ApprovedFirmware::Entry& by);
// A step for each of the reference values that come nearest: those with this FWID, for whatever else they ask, then
// those of the layer. One without any, where there are none.
void trace_refused(Trace& trace, std::string_view submodule, const Layer& layer, const evidence::dice::FirmwareId& fwid,
                   const Approved& approved, Timestamp now);
// What a layer says of its state.
void trace_flags(Trace& trace, std::string_view submodule, const evidence::dice::Measurement& layer, bool closed);

}  // namespace credence::verifier::riot
