// TPMT_SIGNATURE (part 2, 11.3.4): ECDSA, RSASSA and RSAPSS.
#include <format>

#include "evidence/tpm/structures.h"
#include "evidence/tpm/tpm2b.h"
#include "wire/tls/reader.h"
#include "wire/tls/writer.h"

namespace credence::evidence::tpm {
namespace {

crypto::SignatureAlgorithm pss_algorithm(crypto::HashAlgorithm hash) {
  switch (hash) {
    case crypto::HashAlgorithm::sha256:
      return crypto::SignatureAlgorithm::ps256;
    case crypto::HashAlgorithm::sha384:
      return crypto::SignatureAlgorithm::ps384;
    case crypto::HashAlgorithm::sha512:
      break;
  }
  return crypto::SignatureAlgorithm::ps512;
}

void write_tpm2b(tls::Writer& writer, ByteView octets) {
  writer.u16(static_cast<std::uint16_t>(octets.size())).fixed(octets);
}

}  // namespace

Result<Signature> decode_signature(ByteView tpmt_signature) {
  tls::Reader reader(tpmt_signature);
  Signature signature;
  TRY(signature.scheme, reader.u16());
  const bool is_ecdsa = signature.scheme == kAlgEcdsa;
  if (!is_ecdsa && signature.scheme != kAlgRsassa && signature.scheme != kAlgRsapss)
    return fail_at(Errc::unsupported_algorithm, 0,
                   std::format("sigAlg: expected ECDSA, RSASSA or RSAPSS, got {:#06x}", signature.scheme));
  const std::size_t hash_offset = reader.offset();
  TRY(const std::uint16_t hash_alg, reader.u16());
  const auto hash = hash_from_alg(hash_alg);
  if (!hash)
    return fail_at(Errc::unsupported_algorithm, hash_offset,
                   std::format("hash: expected SHA-256, SHA-384 or SHA-512, got {:#06x}", hash_alg));
  signature.hash = *hash;
  TRY(const ByteView first, read_tpm2b(reader, is_ecdsa ? kMaxCoordinate : kMaxRsaParameter, "signature"));
  if (is_ecdsa) {
    TRY(const ByteView second, read_tpm2b(reader, kMaxCoordinate, "signatureS"));
    signature.r = Coordinate(first);
    signature.s = Coordinate(second);
  } else {
    signature.rsa = to_bytes(first);
  }
  CHECK(reader.finish());
  return signature;
}

Bytes encode_signature(const Signature& signature) {
  tls::Writer writer;
  writer.u16(signature.scheme).u16(alg_from_hash(signature.hash));
  if (signature.scheme == kAlgEcdsa) {
    write_tpm2b(writer, signature.r);
    write_tpm2b(writer, signature.s);
  } else {
    write_tpm2b(writer, signature.rsa);
  }
  return writer.take();
}

Result<void> verify(const Signature& signature, const crypto::PublicKey& key, ByteView message) {
  if (signature.scheme == kAlgRsapss) return key.verify(pss_algorithm(signature.hash), message, signature.rsa);
  TRY(const crypto::Digest digest, crypto::digest(signature.hash, message));
  if (signature.scheme == kAlgEcdsa) return key.verify_ecdsa(digest, signature.r, signature.s);
  if (signature.scheme == kAlgRsassa) return key.verify_rsassa(digest, signature.rsa);
  return fail(Errc::unsupported_algorithm, std::format("unknown signature scheme {:#06x}", signature.scheme));
}

}  // namespace credence::evidence::tpm
