// An EnactTrust node made of a key: it quotes what it is told, as a TPM would.
#pragma once

#include <string_view>

#include "crypto/key.h"
#include "evidence/enacttrust/token.h"
#include "evidence_maker.h"
#include "rats/corim/corim.h"
#include "wire/tls/writer.h"

namespace credence::test {

struct EnacttrustNode {
  crypto::PrivateKey key = make_key();
  rats::Uuid node = rats::Uuid::from_text("7df7714e-aa04-4638-bcbf-434b1dd720f1").value();
  Bytes digest = Bytes(32, 0x5a);
  Bytes pcr_bitmap = {0x1e, 0x00, 0x00};  // 1 to 4
  std::uint16_t bank = evidence::tpm::kAlgSha256;
  std::uint64_t firmware_version = 7;

  // TPMS_ATTEST of a quote.
  [[nodiscard]] Bytes quote(ByteView nonce) const {
    tls::Writer writer;
    writer.u32(0xff544347).u16(0x8018).u16(0);
    writer.u16(static_cast<std::uint16_t>(nonce.size())).fixed(nonce);
    writer.u64(1).u32(2).u32(3).u8(1).u64(firmware_version);
    writer.u32(1).u16(bank).u8(static_cast<std::uint8_t>(pcr_bitmap.size())).fixed(pcr_bitmap);
    writer.u16(static_cast<std::uint16_t>(digest.size())).fixed(digest);
    return writer.take();
  }

  [[nodiscard]] Bytes token(ByteView nonce) const {
    const Bytes attest = quote(nonce);
    const Bytes signature = key.sign(crypto::SignatureAlgorithm::es256, attest).value();
    const ByteView both = signature;
    tls::Writer writer;
    writer.fixed(node.octets).u16(static_cast<std::uint16_t>(attest.size())).fixed(attest);
    writer.u16(evidence::tpm::kAlgEcdsa).u16(evidence::tpm::kAlgSha256);
    writer.u16(32).fixed(both.first(32)).u16(32).fixed(both.last(32));
    return writer.take();
  }

  [[nodiscard]] rats::Corim corim() const {
    rats::Environment environment;
    environment.instance = rats::TaggedBytes{.tag = rats::kTagUuid, .value = to_bytes(node.octets)};
    rats::Comid comid;
    comid.id = std::string("node");
    rats::Measurement measurement;
    measurement.values.digests.push_back({.algorithm = std::int64_t{1}, .value = digest});
    comid.reference_values.push_back({.environment = environment, .measurements = {measurement}});
    comid.attestation_keys.push_back(
        {.environment = environment,
         .keys = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key.public_key().pem()))}}});
    rats::Corim corim;
    corim.id = std::string("enacttrust");
    corim.profile = "https://enacttrust.com/veraison/1.0.0";
    corim.comids.push_back(std::move(comid));
    return corim;
  }
};

}  // namespace credence::test
