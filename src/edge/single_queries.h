// Queries taken apart, and in words.
#pragma once

#include <string>
#include <vector>

#include "rats/coserv/coserv.h"

namespace credence::edge {

// The queries that the answer to this one answers too: one for each selector or document. None for what is not
// collected artifacts whole: of a query that asks for source artifacts, or selects by state.
[[nodiscard]] std::vector<rats::CoservQuery> single_queries(const rats::CoservQuery& query);

// What selects reference values by a layer or an index alone: of any maker, so the answer may be too large for reasons
// that have nothing to do with the evidence. The values that are looked up by it name neither vendor nor model; those
// that do are looked up by these.
[[nodiscard]] bool is_of_any_maker(const rats::CoservQuery& query);
[[nodiscard]] bool is_of_any_maker(const rats::Class& named);
// An answer to such a query that says nothing but of classes with a vendor or a model: nothing is looked up in it. That
// it says nothing else is what policies have to know, which see all that is said.
[[nodiscard]] bool is_of_other_makers(const rats::Coserv& answer);

// "reference values of class ... (profile ...)": for people.
[[nodiscard]] std::string text_of(const rats::CoservQuery& query);

}  // namespace credence::edge
