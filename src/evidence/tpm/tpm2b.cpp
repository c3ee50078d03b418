#include "evidence/tpm/tpm2b.h"

#include <format>

namespace credence::evidence::tpm {

Result<ByteView> read_tpm2b(tls::Reader& reader, std::size_t maximum, std::string_view what) {
  const std::size_t start = reader.offset();
  TRY(const std::uint16_t size, reader.u16());
  if (size > maximum)
    return fail_at(Errc::too_large, start, std::format("{}: expected at most {} octets, got {}", what, maximum, size));
  return reader.fixed(size);
}

}  // namespace credence::evidence::tpm
