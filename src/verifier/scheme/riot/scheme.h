// RIOT: chains of DICE certificates (docs/formats/evidence-dice.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& riot_scheme();

}  // namespace credence::verifier
