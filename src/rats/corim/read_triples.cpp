// triples-map (draft-ietf-rats-corim section 5.1.4).
#include "rats/corim/read.h"

namespace credence::rats {
namespace {

// Old drafts: {0 => base64 of the SubjectPublicKeyInfo, ? 1 => certificates}
Result<CryptoKey> read_old_key(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  reading.legacy = true;
  CryptoKey key{.tag = kTagPkixBase64Key, .value = {}};
  const auto member = [&](std::int64_t number) -> Result<bool> {
    if (number != 0) return false;
    TRY(const std::string_view text, reader.text());
    key.value = to_bytes(as_bytes(text));
    return true;
  };
  CHECK(read_map(reader, member));
  if (key.value.empty()) return fail_at(Errc::missing_member, start, "expected the key (0)");
  return key;
}

Result<CryptoKey> read_key(cbor::Reader& reader, CorimReading& reading) {
  TRY(const cbor::Type type, reader.peek());
  return type == cbor::Type::map ? read_old_key(reader, reading) : read_crypto_key(reader, reading);
}

// {? 0 => mkey, ? 1 => [+ authorized-by]}. Kept: a key that speaks only under conditions must not be taken to speak
// for everything.
Result<void> read_conditions(cbor::Reader& reader, CorimReading& reading, KeyTriple& triple) {
  return read_map(reader, [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(triple.measurement_key, in("mkey", read_measurement_key(reader, reading)));
    } else if (key == 1) {
      CHECK(in("authorized-by", append_items(reader, reading, triple.authorized_by, read_crypto_key)));
    } else {
      return false;
    }
    return true;
  });
}

}  // namespace

// [environment, [+ measurement]]
Result<ReferenceTriple> read_reference_triple(cbor::Reader& reader, CorimReading& reading) {
  ReferenceTriple triple;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "an environment"));
  TRY(triple.environment, in("environment", read_environment(reader, reading)));
  CHECK(expect_item(reader, array, "measurements"));
  CHECK(in("measurements", append_items(reader, reading, triple.measurements, read_measurement)));
  CHECK(expect_end(reader, array));
  return triple;
}

// [environment, [+ key], ? conditions]
Result<KeyTriple> read_key_triple(cbor::Reader& reader, CorimReading& reading) {
  KeyTriple triple;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "an environment"));
  TRY(triple.environment, in("environment", read_environment(reader, reading)));
  CHECK(expect_item(reader, array, "keys"));
  CHECK(in("keys", append_items(reader, reading, triple.keys, read_key)));
  TRY(const bool conditional, array.next(reader));
  if (!conditional) return triple;
  CHECK(in("conditions", read_conditions(reader, reading, triple)));
  CHECK(expect_end(reader, array));
  return triple;
}

namespace {

// Key 2 is identity-triples; in old drafts it was attester-verification-keys. The spelling of the triple tells.
Result<void> read_identity_triple(cbor::Reader& reader, CorimReading& reading, Comid& comid) {
  CorimReading own{.limits = reading.limits};
  TRY(KeyTriple triple, read_key_triple(reader, own));
  (own.legacy ? comid.attestation_keys : comid.identity_keys).push_back(std::move(triple));
  reading.legacy = reading.legacy || own.legacy;
  return {};
}

Result<bool> read_links(cbor::Reader& reader, CorimReading& reading, std::int64_t key, Comid& comid) {
  if (key == 4) {
    CHECK(in("dependency", append_items(reader, reading, comid.dependencies, read_domain_triple)));
  } else if (key == 5) {
    CHECK(in("membership", append_items(reader, reading, comid.memberships, read_domain_triple)));
  } else if (key == 6) {
    CHECK(in("coswid", append_items(reader, reading, comid.coswids, read_coswid_triple)));
  } else {
    return false;
  }
  return true;
}

Result<bool> read_values(cbor::Reader& reader, CorimReading& reading, std::int64_t key, Comid& comid) {
  if (key == 0) {
    CHECK(in("reference", append_items(reader, reading, comid.reference_values, read_reference_triple)));
  } else if (key == 1) {
    CHECK(in("endorsed", append_items(reader, reading, comid.endorsed_values, read_reference_triple)));
  } else if (key == 8) {
    CHECK(in("conditional-series", append_items(reader, reading, comid.conditional_series, read_conditional_series)));
  } else if (key == 10) {
    CHECK(
        in("conditional", append_items(reader, reading, comid.conditional_endorsements, read_conditional_endorsement)));
  } else {
    return false;
  }
  return true;
}

Result<bool> read_keys(cbor::Reader& reader, CorimReading& reading, std::int64_t key, Comid& comid) {
  if (key == 2) {
    CHECK(in("identity", read_items(reader, [&] { return read_identity_triple(reader, reading, comid); })));
  } else if (key == 3) {
    CHECK(in("attest-key", append_items(reader, reading, comid.attestation_keys, read_key_triple)));
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<void> read_triples(cbor::Reader& reader, CorimReading& reading, Comid& comid) {
  return read_map(reader, [&](std::int64_t key) -> Result<bool> {
    for (const auto read : {read_values, read_keys, read_links}) {
      TRY(const bool known, read(reader, reading, key, comid));
      if (known) return true;
    }
    TRY(const ByteView item, reader.raw_item());
    comid.other_triples.emplace_back(key, to_bytes(item));
    return true;
  });
}

}  // namespace credence::rats
