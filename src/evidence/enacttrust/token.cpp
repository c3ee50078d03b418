#include "evidence/enacttrust/token.h"

#include <algorithm>
#include <bit>
#include <format>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "evidence/tpm/check.h"
#include "wire/tls/reader.h"

namespace credence::evidence::enacttrust {
namespace {

constexpr std::size_t kMaxToken = 4'096;

template <typename T>
Result<T> in_member(std::string_view member, Result<T> decoded) {
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

}  // namespace

// Veraison's decoder adds 16 and the size in sixteen bits, so that a size of 0xfff0 becomes 0 and 18 octets crash it.
// The reader counts what is left.
Result<Token> decode_token(ByteView octets) {
  if (octets.size() > kMaxToken)
    return fail(Errc::too_large, std::format("expected at most {} octets, got {}", kMaxToken, octets.size()));
  tls::Reader reader(octets);
  Token token;
  TRY(const ByteView node, reader.fixed(token.node.octets.size()));
  std::ranges::copy(node, token.node.octets.begin());
  TRY(const std::uint16_t size, reader.u16());
  TRY(const ByteView attest, reader.fixed(size));
  token.attest = to_bytes(attest);
  TRY(token.quote, in_member("quote", tpm::decode_quote(attest)));
  TRY(token.signature, in_member("signature", tpm::decode_signature(octets.subspan(reader.offset()))));
  if (token.signature.scheme != tpm::kAlgEcdsa || token.signature.hash != crypto::HashAlgorithm::sha256)
    return fail_in(Errc::unsupported_algorithm, "signature", "expected ECDSA over SHA-256");
  return token;
}

Result<void> check_token(const Token& token, const Nonce& nonce) {
  // Veraison's scheme does not compare it: there a quote of last year passes as today's.
  if (!equal(token.quote.extra_data, nonce.view()) && !weak::removed(weak::Check::token_challenge))
    return fail_in(Errc::nonce_mismatch, "quote.extraData",
                   std::format("the quote was made for another challenge: expected {}, got {}", to_hex(nonce.view()),
                               token.quote.extra_data.empty() ? "none" : to_hex(token.quote.extra_data)));
  std::size_t selected = 0;
  for (const tpm::PcrSelection& selection : token.quoted().selections) {
    if (selection.hash != tpm::kAlgSha256)
      return fail_in(Errc::insufficient_pcrs, "quote.pcrSelect",
                     std::format("expected the bank of SHA-256, got {:#06x}", selection.hash));
    selected += selection.pcrs.size();
  }
  // The endorsement is a digest and does not say over which PCRs. PCR 16 and 23 can be reset, and extended with the
  // measurements of a good boot.
  const auto counting = static_cast<std::size_t>(std::popcount(tpm::covered_pcrs(token.quoted())));
  if (selected == 0 || selected != counting)
    return fail_in(Errc::insufficient_pcrs, "quote.pcrSelect",
                   "expected at least one PCR, and none that can be reset (16, 23)");
  return {};
}

Result<void> check_signature(const Token& token, const crypto::PublicKey& node_key) {
  return in_member("signature", tpm::verify(token.signature, node_key, token.attest));
}

json::Object claims_of(const Token& token) {
  json::Array pcrs;
  for (const tpm::PcrSelection& selection : token.quoted().selections)
    for (const std::uint8_t pcr : selection.pcrs) pcrs.emplace_back(pcr);
  return {{"node-id", token.node.text()},
          {"firmware-version", token.quote.firmware_version},
          {"pcr-selection", std::move(pcrs)},
          {"hash-algorithm", tpm::kAlgSha256},
          {"pcr-digest", to_base64(token.quoted().digest)}};
}

}  // namespace credence::evidence::enacttrust
