// TCB_VERSION: the security patch levels of what SEV-SNP rests on (AMD 56860 section 2.2, AMD 57230 section 3.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::evidence::sevsnp {

// Product lines, each with its own ARK. Bergamo and Siena are Genoa's.
enum class Product : std::uint8_t { milan, genoa, turin };
[[nodiscard]] std::string_view name(Product product) noexcept;  // "Milan", as in the names of AMD's certificates
// "Milan-B0" is Milan. Errc::unsupported for a product whose TCB_VERSION is not known here.
[[nodiscard]] Result<Product> product_from_name(std::string_view name);

struct Tcb {
  std::uint8_t fmc = 0;  // from Turin on
  std::uint8_t boot_loader = 0;
  std::uint8_t tee = 0;
  std::uint8_t snp = 0;
  std::uint8_t microcode = 0;
  friend bool operator==(const Tcb&, const Tcb&) = default;

  // Each part, not the whole as a number: a high microcode makes up for no old firmware.
  [[nodiscard]] bool is_at_least(const Tcb& minimum) const noexcept;
  [[nodiscard]] std::string text() const;
};

// Errc::unsupported when reserved octets are set.
[[nodiscard]] Result<Tcb> divide_tcb(std::uint64_t version, Product product);

}  // namespace credence::evidence::sevsnp
