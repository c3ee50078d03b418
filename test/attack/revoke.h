// Puts an entry on a verifier's deny list, as the service does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store.h"

namespace credence::attack {

inline Result<void> revoke(verifier::Store& store, std::string_view kind, const std::string& value,
                           Timestamp since = {}) {
  TRY(const verifier::Revocation revocation,
      verifier::revocation_from_json({{"kind", kind}, {"value", value}, {"reason", "its key was stolen"}}, since));
  TRY(const std::string id, verifier::revocation_id(revocation));
  return store.change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{{.event = verifier::DocumentChange::Event::added,
                                                  .id = id,
                                                  .octets = to_bytes(as_bytes(json::to_text(to_json(revocation))))}};
  });
}

// Any key that evidence was verified with, by its DER SubjectPublicKeyInfo.
inline Result<void> revoke_key(verifier::Store& store, ByteView spki) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, spki));
  return revoke(store, "key", to_hex(digest.view()));
}

}  // namespace credence::attack
