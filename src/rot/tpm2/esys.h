// The one place where rot/tpm2 takes in tpm2-tss, with owners for what its functions return.
#pragma once

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include <algorithm>
#include <format>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::rot::tpm2 {

struct EsysDeleter {
  void operator()(void* memory) const noexcept { Esys_Free(memory); }
};
// What an Esys function allocated.
template <typename T>
using EsysOwned = std::unique_ptr<T, EsysDeleter>;

// Octets into a TPM2B; `buffer` and `size` are its members. Errc::too_large when they do not fit.
template <std::size_t Capacity>
[[nodiscard]] Result<void> assign(UINT16& size, BYTE (&buffer)[Capacity], ByteView from, std::string_view what) {
  if (from.size() > Capacity) {
    return fail(Errc::too_large,
                std::format("{} has {} octets, but a TPM takes at most {} here", what, from.size(), Capacity));
  }
  size = static_cast<UINT16>(from.size());
  std::ranges::copy(from, buffer);
  return {};
}

template <typename Tpm2b>
[[nodiscard]] Bytes buffer_of(const Tpm2b& structure) {
  return {structure.buffer, structure.buffer + structure.size};
}
[[nodiscard]] inline Bytes name_of(const TPM2B_NAME& name) { return {name.name, name.name + name.size}; }

}  // namespace credence::rot::tpm2
