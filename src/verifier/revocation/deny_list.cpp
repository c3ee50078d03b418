#include "verifier/revocation/deny_list.h"

#include <format>
#include <string>
#include <utility>

#include "crypto/hash.h"
#include "verifier/store/statement.h"
#include "wire/json/json.h"

namespace credence::verifier {

void DenyList::add(Revocation revocation) {
  Named named{revocation.kind, revocation.issuer, revocation.value};
  entries_.insert_or_assign(std::move(named), std::move(revocation));
}

Result<void> DenyList::check(Revoked kind, ByteView value, std::string_view issuer) const {
  if (value.empty()) return {};
  const auto found = entries_.find(Named{kind, std::string(issuer), to_bytes(value)});
  if (found == entries_.end()) return {};
  return fail(Errc::untrusted_chain, std::format("revoked: {}, since {}: {}", name(kind),
                                                 to_rfc3339(found->second.since), found->second.reason));
}

Result<void> DenyList::check(const AttesterIdentity& attester) const {
  if (empty()) return {};
  CHECK(check(Revoked::kid, attester.kid));
  CHECK(check(Revoked::instance, attester.instance));
  for (const Bytes& key : attester.keys) {
    TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, key));
    CHECK(check(Revoked::key, digest.view()));
  }
  return {};
}

Result<void> DenyList::check(const Origin& origin) const {
  if (empty()) return {};
  CHECK(check(Revoked::corim, as_bytes(origin.source)));
  CHECK(check(Revoked::corim, as_bytes(origin.id)));
  if (!origin.signer) return {};
  CHECK(check(Revoked::signer, origin.signer->key_digest));
  return check(Revoked::certificate, origin.signer->serial, origin.signer->issuer);
}

Result<std::shared_ptr<const DenyList>> deny_list_of(const Documents& documents) {
  auto list = std::make_shared<DenyList>();
  for (const auto& document : documents) {
    auto revocation =
        json::parse(as_text(document->octets))
            .and_then([](const json::Value& value) { return json::as_object(value, ""); })
            .and_then([](const json::Object* object) { return revocation_from_json(*object, Timestamp{}); });
    if (!revocation) return within(std::format("deny list entry {}", document->id), std::move(revocation).error());
    if (document->active) list->add(*std::move(revocation));
  }
  return list;
}

}  // namespace credence::verifier
