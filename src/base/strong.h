// Lookalike octet strings as different types: a nonce does not pass for a binder.
#pragma once

#include <utility>

#include "base/bytes.h"

namespace credence {

// An owned octet string that converts to nothing but its view. Tag makes the type.
template <typename Tag>
class Tagged {
 public:
  Tagged() = default;
  explicit Tagged(Bytes octets) : octets_(std::move(octets)) {}
  explicit Tagged(ByteView octets) : octets_(to_bytes(octets)) {}

  [[nodiscard]] ByteView view() const noexcept { return octets_; }
  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }
  friend bool operator==(const Tagged&, const Tagged&) = default;
  friend auto operator<=>(const Tagged&, const Tagged&) = default;

 private:
  Bytes octets_;
};

// A challenger's nonce, 8 to 64 octets (EAT), as it was issued.
using Nonce = Tagged<struct NonceTag>;
// The identifier of an attestation key: opaque, 1 to 64 octets (design: 0x01 || SHA-256 of the AK's SPKI).
using Kid = Tagged<struct KidTag>;
// DER SubjectPublicKeyInfo, named curve, uncompressed point: the one encoding of a key that is accepted.
using Spki = Tagged<struct SpkiTag>;

}  // namespace credence
