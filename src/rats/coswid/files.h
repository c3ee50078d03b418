// The resource collection of a CoSWID (RFC 9393 section 2.9.2): directories within directories, and files.
#pragma once

#include <concepts>
#include <cstddef>
#include <vector>

#include "base/result.h"
#include "rats/corim/read.h"
#include "rats/coswid/coswid.h"

namespace credence::rats::coswid {

// one-or-more<T> = T / [2* T]; an array of one is taken too.
template <std::invocable Item>
[[nodiscard]] Result<void> one_or_more(cbor::Reader& reader, Item item) {
  TRY(const cbor::Type type, reader.peek());
  return type == cbor::Type::array ? read_items(reader, item) : item();
}

// A payload or evidence entry: its files with their full paths, in the order in which they stand. Errc::too_large
// beyond `most` of them.
[[nodiscard]] Result<void> read_files(cbor::Reader& reader, CorimReading& reading, std::size_t most,
                                      std::vector<CoswidFile>& files);

}  // namespace credence::rats::coswid
