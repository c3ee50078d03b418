// The private key of the published test root, and its certificate. NOT A SECRET: whoever reads this can chain any
// attestation key to it. A verifier therefore refuses all that leads to this key (evidence/test_root.h) unless
// allow_insecure_test_root is set.
#pragma once

#include <string_view>

namespace credence::rot::software {

// Its SubjectPublicKeyInfo is evidence::kTestRootSpki.
inline constexpr std::string_view kPublishedTestRootKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmYbgidej0YJxDIbq
WIK4UulKD+TFX7kFJ2y+k6bd61WhRANCAASOiggHVwIz/nMrjV8IerXpVpIW62QV
B7KoXqEaxAUikR7/qTUaVDcq/jHD0kCSmidyYRq37EUC6HccOhr1cdFC
-----END PRIVATE KEY-----
)";

// Subject "Credence test root (published key; proves nothing)", valid 2026 to 2056.
inline constexpr std::string_view kTestRootCertificate = R"(-----BEGIN CERTIFICATE-----
MIIB4TCCAYegAwIBAgIUM1so5Caw+W797RWvYUi8kggbr/wwCgYIKoZIzj0EAwIw
PTE7MDkGA1UEAwwyQ3JlZGVuY2UgdGVzdCByb290IChwdWJsaXNoZWQga2V5OyBw
cm92ZXMgbm90aGluZykwIBcNMjYwMTAxMDAwMDAwWhgPMjA1NjAxMDEwMDAwMDBa
MD0xOzA5BgNVBAMMMkNyZWRlbmNlIHRlc3Qgcm9vdCAocHVibGlzaGVkIGtleTsg
cHJvdmVzIG5vdGhpbmcpMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjooIB1cC
M/5zK41fCHq16VaSFutkFQeyqF6hGsQFIpEe/6k1GlQ3Kv4xw9JAkponcmEat+xF
Auh3HDoa9XHRQqNjMGEwHQYDVR0OBBYEFCHfsxCM0UXJoiyrrFXGj4FocP6mMB8G
A1UdIwQYMBaAFCHfsxCM0UXJoiyrrFXGj4FocP6mMA8GA1UdEwEB/wQFMAMBAf8w
DgYDVR0PAQH/BAQDAgIEMAoGCCqGSM49BAMCA0gAMEUCIQC1Ib3mfpUmIEM4MsxE
SlAa0nTwOxMcyp43c2LXRZN/TwIgBAcuH82crjDO2VH8hsL3AZ1dXXoOCNn3mLJp
YXNVGk4=
-----END CERTIFICATE-----
)";

}  // namespace credence::rot::software
