#include "verifier/store/submission.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "rats/corim/corim.h"

namespace credence::verifier {
namespace {

constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18: a signed CoRIM

Result<rats::Corim> decode_stored(ByteView octets) {
  if (!is_signed(octets)) return rats::decode_corim(octets);
  TRY(rats::SignedCorim message, rats::decode_signed_corim(octets));
  return rats::corim_of(std::move(message));
}

}  // namespace

Result<std::string> submission_id(ByteView octets) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, octets));
  return to_hex(digest.view());
}

bool is_signed(ByteView octets) noexcept { return !octets.empty() && octets.front() == kSign1Head; }

Result<Content> content_of(const Document& stored) {
  auto content = decode_stored(stored.octets).and_then([&](const rats::Corim& corim) {
    return read_by_profile(corim, stored.id);
  });
  if (!content) return within(std::format("stored CoRIM {}", stored.id), std::move(content).error());
  return content;
}

}  // namespace credence::verifier
