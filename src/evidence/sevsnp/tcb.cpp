#include "evidence/sevsnp/tcb.h"

#include <array>
#include <format>

namespace credence::evidence::sevsnp {
namespace {

constexpr std::array kProducts = {Product::milan, Product::genoa, Product::turin};

constexpr std::uint8_t octet(std::uint64_t version, unsigned index) {
  return static_cast<std::uint8_t>(version >> (8 * index));
}

}  // namespace

std::string_view name(Product product) noexcept {
  switch (product) {
    case Product::milan:
      return "Milan";
    case Product::genoa:
      return "Genoa";
    case Product::turin:
      break;
  }
  return "Turin";
}

Result<Product> product_from_name(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('-'));
  for (const Product product : kProducts)
    if (line == name(product)) return product;
  return fail(Errc::unsupported, std::format("expected Milan, Genoa or Turin as the product, got '{}'", text));
}

bool Tcb::is_at_least(const Tcb& minimum) const noexcept {
  return fmc >= minimum.fmc && boot_loader >= minimum.boot_loader && tee >= minimum.tee && snp >= minimum.snp &&
         microcode >= minimum.microcode;
}

std::string Tcb::text() const {
  return std::format("FMC {}, boot loader {}, TEE {}, SNP {}, microcode {}", fmc, boot_loader, tee, snp, microcode);
}

// Octet 0 is the least significant one. Milan, Genoa: boot loader, TEE, 4 reserved, SNP, microcode. Turin: FMC, boot
// loader, TEE, SNP, 3 reserved, microcode.
Result<Tcb> divide_tcb(std::uint64_t version, Product product) {
  const bool turin = product == Product::turin;
  const std::uint64_t reserved = turin ? 0x00ff'ffff'0000'0000 : 0x0000'ffff'ffff'0000;
  if ((version & reserved) != 0)
    return fail(Errc::unsupported,
                std::format("TCB_VERSION 0x{:016x}: reserved octets of {} are set", version, name(product)));
  if (turin)
    return Tcb{.fmc = octet(version, 0),
               .boot_loader = octet(version, 1),
               .tee = octet(version, 2),
               .snp = octet(version, 3),
               .microcode = octet(version, 7)};
  return Tcb{.fmc = 0,
             .boot_loader = octet(version, 0),
             .tee = octet(version, 1),
             .snp = octet(version, 6),
             .microcode = octet(version, 7)};
}

}  // namespace credence::evidence::sevsnp
