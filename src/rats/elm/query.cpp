#include "rats/elm/query.h"

#include <format>
#include <utility>

#include "rats/corim/read.h"

namespace credence::rats {
namespace {

constexpr std::int64_t kRimSelector = 3;
constexpr std::uint64_t kSelectsCorim = 2, kSelectsComid = 0;
constexpr CorimLimits kElmLimits{.bytes = 64 << 10, .depth = 8, .items = 8'192};
constexpr std::size_t kMaxSelectors = 1'024;

// [type, id]
Result<TagId> read_selector(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the type of the selected tag"));
  TRY(const std::uint64_t type, reader.unsigned_integer());
  if (type == kSelectsComid)
    return fail_at(Errc::unsupported, start, "a CoMID alone cannot be selected: name the CoRIM (2) that carries it");
  if (type != kSelectsCorim)
    return fail_at(Errc::unsupported, start, std::format("expected a CoRIM (2), got a selector of type {}", type));
  CHECK(expect_item(reader, array, "the id of the CoRIM"));
  TRY(TagId id, read_tag_id(reader, reading));
  CHECK(expect_end(reader, array));
  return id;
}

}  // namespace

Result<ElmQuery> decode_elm_query(ByteView input) {
  CorimReading reading{.limits = kElmLimits};
  cbor::Reader reader(input, cbor_limits(kElmLimits));
  ElmQuery query;
  bool by_environment = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    by_environment = by_environment || (key >= 0 && key < kRimSelector);
    if (key != kRimSelector) return false;
    CHECK(in("rim-selector", append_items(reader, reading, query.corims, read_selector)));
    return true;
  };
  CHECK(read_map(reader, member));
  CHECK(reader.finish());
  // A query that is understood in part would change more, or less, than was meant.
  if (by_environment)
    return fail(Errc::unsupported, "a query by environment is not supported here: select CoRIMs by their ids (3)");
  if (query.corims.empty()) return fail_in(Errc::missing_member, "rim-selector", "expected the ids of CoRIMs (3)");
  if (query.corims.size() > kMaxSelectors)
    return fail_in(Errc::too_large, "rim-selector",
                   std::format("expected at most {} selectors, got {}", kMaxSelectors, query.corims.size()));
  return query;
}

}  // namespace credence::rats
