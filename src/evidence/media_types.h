// The media types of evidence that Credence makes or appraises.
#pragma once

#include <string_view>

namespace credence::evidence {

// The proof of concept's bundle of kat and pat, as Veraison's PARSEC_TPM scheme takes it; ours for channels.
inline constexpr std::string_view kParsecTpm = "application/vnd.parallaxsecond.key-attestation.tpm";
// The same bundle over a hashed challenge, made with a challenge key (protocol.md 2.8).
inline constexpr std::string_view kTpmChallenge = "application/vnd.credence.tpm-challenge+cbor";
// The same bundle from rot/software: tests and benchmarks only (protocol.md 2.7).
inline constexpr std::string_view kSoftwareTest = "application/vnd.credence.software-test+cbor";

}  // namespace credence::evidence
