#include <format>

#include "rot/tpm2/tpm2.h"

namespace credence::rot::tpm2 {

std::string to_text(const Maker& maker, bool has_endorsement_certificate) {
  const std::string_view kind = maker.software                ? "software TPM"
                                : has_endorsement_certificate ? "TPM"
                                                              : "unknown TPM maker";
  return std::format("{} ({} {})", kind, maker.manufacturer, maker.vendor);
}

}  // namespace credence::rot::tpm2
