// IANA "COSE Algorithms": RFC 9053 section 2 (ECDSA, EdDSA), RFC 8230 section 2 (PS), RFC 8812 section 2 (RS).
#include <array>
#include <format>
#include <utility>

#include "sign/cose/sign1.h"

namespace credence::cose {
namespace {

using enum crypto::SignatureAlgorithm;

constexpr std::array<std::pair<crypto::SignatureAlgorithm, std::int64_t>, 10> kIdentifiers{{{es256, -7},
                                                                                            {es384, -35},
                                                                                            {es512, -36},
                                                                                            {eddsa, -8},
                                                                                            {ps256, -37},
                                                                                            {ps384, -38},
                                                                                            {ps512, -39},
                                                                                            {rs256, -257},
                                                                                            {rs384, -258},
                                                                                            {rs512, -259}}};

}  // namespace

std::int64_t algorithm_id(crypto::SignatureAlgorithm algorithm) noexcept {
  for (const auto& [known, id] : kIdentifiers) {
    if (known == algorithm) return id;
  }
  return 0;  // "Reserved"
}

Result<crypto::SignatureAlgorithm> algorithm_from_id(std::int64_t id) {
  for (const auto& [algorithm, known] : kIdentifiers) {
    if (known == id) return algorithm;
  }
  return fail(Errc::unsupported_algorithm,
              std::format("expected a COSE signature algorithm such as -7 (ES256), got {}", id));
}

}  // namespace credence::cose
