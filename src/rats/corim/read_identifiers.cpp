// The values of a measurement that name a device: addresses, UEID, UUID (draft-ietf-rats-corim section 5.1.4.1.4.2).
#include <algorithm>

#include "rats/corim/read.h"

namespace credence::rats {
namespace {

Result<Bytes> read_sized(cbor::Reader& reader, std::string_view what, std::size_t one, std::size_t other) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() != one && octets.size() != other) {
    return fail_at(Errc::invalid_value, start,
                   std::format("expected {} of {} or {} octets, got {}", what, one, other, octets.size()));
  }
  return to_bytes(octets);
}

}  // namespace

Result<Bytes> read_mac_address(cbor::Reader& reader) { return read_sized(reader, "a MAC address", 6, 8); }

// RFC 9164 section 3.1, without the tag.
Result<Bytes> read_ip_address(cbor::Reader& reader) { return read_sized(reader, "an IP address", 4, 16); }

Result<Bytes> read_ueid(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() < 7 || octets.size() > 33) {
    return fail_at(Errc::invalid_value, start, std::format("expected a UEID of 7 to 33 octets, got {}", octets.size()));
  }
  return to_bytes(octets);
}

Result<Uuid> read_uuid(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  Uuid uuid;
  if (octets.size() != uuid.octets.size()) {
    return fail_at(Errc::invalid_value, start, std::format("expected a UUID of 16 octets, got {}", octets.size()));
  }
  std::ranges::copy(octets, uuid.octets.begin());
  return uuid;
}

}  // namespace credence::rats
