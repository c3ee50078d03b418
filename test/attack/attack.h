// An attack, and the two halves of its test.
//
// IsRefused runs it against the product, and must see the relying party refuse it for the reason that is named.
// SucceedsWithoutTheCheck runs the same function with exactly one check taken away (src/base/weak.h), and must see it
// get through. Only both together show that the attack is real and that this check is what stops it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/weak.h"

namespace credence::attack {

struct Attack {
  std::string name;                   // as in docs/threat-model.md, then what is done
  weak::Check stopped_by;             // the check that is removed in the second half
  Errc code;                          // what the relying party says
  std::string part;                   // and a part of its words
  std::function<Result<void>()> run;  // success: the attacker got in, and application data with him
  std::function<bool()> available = [] { return true; };
};
inline void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

class AttackTest : public testing::TestWithParam<Attack> {};

inline std::string name_of(const testing::TestParamInfo<Attack>& info) { return info.param.name; }

}  // namespace credence::attack
