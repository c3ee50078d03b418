#include "service/verifier/challenge.h"

#include <format>
#include <optional>

#include "evidence/media_types.h"
#include "verifier/scheme/scheme.h"

namespace credence::service {
namespace {

std::optional<evidence::Binder> binder_of(const Nonce& nonce) {
  for (const auto hash : {crypto::HashAlgorithm::sha256, crypto::HashAlgorithm::sha384}) {
    if (const auto digest = crypto::Digest::from(hash, nonce.view())) return evidence::Binder::from_wire(*digest);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<verifier::Challenge>> challenges_for(std::string_view media_type, const Nonce& nonce, bool own_nonce,
                                                        bool compatibility) {
  std::vector<verifier::Challenge> challenges;
  const verifier::Scheme* scheme = verifier::find_scheme(media_type);
  if (scheme == nullptr || !scheme->is_for_channels(media_type)) {
    challenges.emplace_back(nonce);
    return challenges;
  }

  const bool may_be_binder = !(own_nonce && compatibility);
  if (const auto binder = binder_of(nonce); binder && may_be_binder) challenges.emplace_back(*binder);
  const bool takes_plain_nonce = media_type == evidence::kSoftwareTest || compatibility;
  if (takes_plain_nonce) challenges.emplace_back(nonce);
  if (challenges.empty()) {
    return fail(Errc::invalid_value,
                std::format("evidence of a channel is bound to its binder: open the session with that as nonce, 32 or "
                            "48 octets; this session's has {}",
                            nonce.view().size()));
  }
  return challenges;
}

}  // namespace credence::service
