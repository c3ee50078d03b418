// What the readers of queries and of results share.
#pragma once

#include "rats/corim/read.h"
#include "rats/coserv/coserv.h"
#include "wire/cbor/reader.h"

namespace credence::rats::coserv {

struct Reading {
  const CoservLimits& limits;
  CorimReading corim;
};

// A profile and a query, whatever else follows: {0 profile, 1 query, ? 2 results}. `results(reader)` reads the third.
template <typename Results>
[[nodiscard]] Result<CoservQuery> read_message(cbor::Reader& reader, Reading& reading, Results results);

[[nodiscard]] Result<std::string> read_profile(cbor::Reader& reader);
[[nodiscard]] Result<ArtifactType> read_artifact_type(cbor::Reader& reader);
// The environment-selector of a query, into `query`.
[[nodiscard]] Result<void> read_environments(cbor::Reader& reader, Reading& reading, EnvironmentQuery& query);
[[nodiscard]] Result<RimId> read_rim_id(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<std::variant<EnvironmentQuery, RimQuery>> read_query(cbor::Reader& reader, Reading& reading);
[[nodiscard]] Result<CoservResults> read_results(cbor::Reader& reader, Reading& reading);

template <typename Results>
Result<CoservQuery> read_message(cbor::Reader& reader, Reading& reading, Results results) {
  const std::size_t start = reader.offset();
  CoservQuery query;
  bool profiled = false;
  bool asking = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(query.profile, in("profile", read_profile(reader)));
      profiled = true;
    } else if (key == 1) {
      TRY(query.query, in("query", read_query(reader, reading)));
      asking = true;
    } else if (key == 2) {
      CHECK(results(reader));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!profiled) return fail_at(Errc::missing_member, start, "expected the profile (0)");
  if (!asking) return fail_at(Errc::missing_member, start, "expected the query (1)");
  return query;
}

}  // namespace credence::rats::coserv
