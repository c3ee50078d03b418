// measurement-map (draft-ietf-rats-corim section 5.1.4.1.4): one value that is expected, or is stated.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "rats/corim/crypto_key.h"
#include "rats/corim/tagged.h"
#include "rats/corim/uuid.h"

namespace credence::rats {

// Measurement key: uint, text, OID (tag 111) or UUID (tag 37).
using MeasurementKey = std::variant<std::uint64_t, std::string, TaggedBytes>;

// IANA Named Information hash identifiers or text. 1 sha-256, 7 sha-384, 8 sha-512.
struct CorimDigest {
  std::variant<std::int64_t, std::string> algorithm;
  Bytes value;
  friend auto operator<=>(const CorimDigest&, const CorimDigest&) = default;
};
[[nodiscard]] std::optional<crypto::HashAlgorithm> hash_of(const CorimDigest& digest) noexcept;
[[nodiscard]] std::int64_t named_information_id(crypto::HashAlgorithm hash) noexcept;

struct Version {
  std::string version;
  std::optional<std::variant<std::int64_t, std::string>> scheme;
};
struct Svn {
  std::uint64_t value = 0;
  bool minimum = false;  // #6.553
};
struct RawValue {
  Bytes value;
  std::optional<Bytes> mask;  // #6.563([value, mask])
};

// Both ends belong to it; an end that is not given is infinite.
struct IntRange {
  std::optional<std::int64_t> minimum;
  std::optional<std::int64_t> maximum;
  friend bool operator==(const IntRange&, const IntRange&) = default;
};

// measurement-values-map; members that Credence does not interpret are kept encoded in `others`.
struct MeasurementValues {
  std::optional<Version> version;               // 0
  std::optional<Svn> svn;                       // 1
  std::vector<CorimDigest> digests;             // 2
  std::array<std::optional<bool>, 10> flags{};  // 3
  std::optional<RawValue> raw_value;            // 4
  std::optional<Bytes> mac_address;             // 6: EUI-48 or EUI-64
  std::optional<Bytes> ip_address;              // 7: 4 or 16 octets
  std::optional<std::string> serial_number;     // 8
  std::optional<Bytes> ueid;                    // 9: 7 to 33 octets
  std::optional<Uuid> uuid;                     // 10
  std::optional<std::string> name;              // 11
  std::vector<CryptoKey> keys;                  // 13
  struct IntegrityRegister {
    std::variant<std::uint64_t, std::string> id;
    std::vector<CorimDigest> digests;
  };
  std::vector<IntegrityRegister> integrity_registers;             // 14
  std::optional<std::variant<std::int64_t, IntRange>> int_range;  // 15
  std::vector<std::pair<std::int64_t, Bytes>> others;             // key, encoded value
};

// How many members it has. Whoever compares some of them refuses what has others: a member that is left unread is a
// demand that is not made.
[[nodiscard]] std::size_t member_count(const MeasurementValues& values) noexcept;

struct Measurement {
  std::optional<MeasurementKey> key;
  MeasurementValues values;
  std::vector<CryptoKey> authorized_by;
};

}  // namespace credence::rats
