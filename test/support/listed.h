// A revocation list as an entry of the deny list.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "revocation_list_maker.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store.h"
#include "wire/json/json.h"

namespace credence::test {

inline json::Object list_entry(const crypto::PrivateKey& signer, const crypto::Certificate& issuer,
                               const RevocationListFields& fields = {}) {
  return {{"kind", "crl"},
          {"value", to_base64(make_revocation_list(signer, issuer, fields))},
          {"issuer-key", to_hex(signer.public_key().spki())},
          {"reason", "list of its issuer"}};
}

// As the service keeps it.
inline Result<void> add_list(verifier::Store& store, const json::Object& entry) {
  TRY(const verifier::Revocation revocation, verifier::revocation_from_json(entry, Timestamp{}));
  TRY(const std::string id, verifier::revocation_id(revocation));
  return store.change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{{.event = verifier::DocumentChange::Event::added,
                                                  .id = id,
                                                  .octets = to_bytes(as_bytes(json::to_text(to_json(revocation))))}};
  });
}

}  // namespace credence::test
