// What a DICE layer states about the next one, as extensions of the certificate that it issues for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"

namespace credence::evidence::dice {

// TCG DICE Attestation Architecture 1.1, section 6.1; the same identifier stood for a CompositeDeviceID before.
inline constexpr std::string_view kTcbInfo = "2.23.133.5.4.1";
inline constexpr std::string_view kUeid = "2.23.133.5.4.4";
inline constexpr std::string_view kMultiTcbInfo = "2.23.133.5.4.5";
inline constexpr std::string_view kTcbFreshness = "2.23.133.5.4.11";
// Microsoft's RIoT: a CompositeDeviceID.
inline constexpr std::string_view kRiot = "1.3.6.1.4.1.311.89.3.1";

struct FirmwareId {
  std::string algorithm;  // dotted OID of the hash
  Bytes digest;
};

// Bits of OperationalFlags that say that a layer is open: notConfigured, notSecure, recovery, debug.
inline constexpr std::uint32_t kOpenFlags = 0xf;

struct Measurement {
  std::optional<std::string> vendor;
  std::optional<std::string> model;
  std::optional<std::string> version;
  std::optional<std::uint64_t> svn;
  std::optional<std::uint64_t> layer;
  std::optional<std::uint64_t> index;
  std::vector<FirmwareId> firmware;
  std::uint32_t flags = 0;         // bit n is bit n of the BIT STRING
  std::optional<Bytes> device_id;  // of a CompositeDeviceID: DER SPKI of the device's identity
};

// DiceTcbInfo, DiceTcbInfoSeq and CompositeDeviceID, wherever a certificate carries them: in extensions of their own,
// or (RIoT) inside subjectAltName. None is no error; one that does not decode is.
[[nodiscard]] Result<std::vector<Measurement>> measurements_of(const crypto::Certificate& certificate);
// The nonce that the certificate was made for.
[[nodiscard]] Result<std::optional<Bytes>> freshness_of(const crypto::Certificate& certificate);

}  // namespace credence::evidence::dice
