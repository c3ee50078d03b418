#include "evidence/cca/platform.h"

#include <array>
#include <utility>

#include "evidence/psa/limits.h"

namespace credence::evidence::cca {
namespace {

using psa::Claim;
using psa::Profile;

constexpr std::array kKeys = {
    Profile::Key{265, Claim::profile, "cca-platform-profile", true},
    Profile::Key{10, Claim::nonce, "cca-platform-challenge", true},
    Profile::Key{2396, Claim::implementation_id, "cca-platform-implementation-id", true},
    Profile::Key{256, Claim::instance_id, "cca-platform-instance-id", true},
    Profile::Key{2401, Claim::config, "cca-platform-config", true},
    Profile::Key{2395, Claim::lifecycle, "cca-platform-lifecycle", true},
    Profile::Key{2399, Claim::components, "cca-platform-sw-components", true},
    Profile::Key{2400, Claim::verification_service, "cca-platform-service-indicator"},
    Profile::Key{2402, Claim::hash_algorithm, "cca-platform-hash-algo-id", true},
    Profile::Key{2394, Claim::client_id, "cca-platform-client-id"},
};

constexpr std::array kProfiles = {
    Profile{.name = "tag:arm.com,2024:cca_platform#2.0.0", .keys = kKeys},
    Profile{.name = "tag:arm.com,2023:cca_platform#1.0.0", .keys = kKeys},
    Profile{.name = "http://arm.com/CCA-SSD/1.0.0", .keys = kKeys},
};

}  // namespace

Result<PlatformToken> decode_platform_token(ByteView octets) {
  PlatformToken token;
  TRY(token.message, cose::decode_sign1(octets, cose::Tagged::required, psa::kTokenLimits));
  TRY(token.profile, psa::profile_of(token.message.payload, kProfiles));
  TRY(token.claims, psa::read_claims(token.message.payload, *token.profile));
  return token;
}

}  // namespace credence::evidence::cca
