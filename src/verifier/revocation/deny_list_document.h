// The deny list as a document that a CoSERV service hands out: {"revocations": [...]}, each entry as the store has it.
//
// draft-ietf-rats-coserv has no place for what is no longer trusted. Here it is a document like a CoRIM, asked for by
// this id (docs/formats/coserv.md).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/revocation/deny_list.h"

namespace credence::verifier {

inline constexpr std::string_view kDenyListId = "tag:credence.example,2026:deny-list";
inline constexpr std::string_view kDenyListMediaType = "application/vnd.credence.deny-list+json";

// What others take, who read no longer answer of a CoSERV service than 4 MiB, with the query and the signature in it.
inline constexpr std::size_t kMostOctetsOfDenyList = (4 << 20) - (64 << 10);

// Of the active documents of kind deny_entry.
[[nodiscard]] Result<Bytes> encode_deny_list(const Documents& documents);
// Never null. An entry that cannot be read is an error: nobody knows what it forbids.
[[nodiscard]] Result<std::shared_ptr<const DenyList>> decode_deny_list(ByteView octets);

}  // namespace credence::verifier
