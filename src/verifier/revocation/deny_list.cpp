#include "verifier/revocation/deny_list.h"

#include <algorithm>
#include <format>
#include <string>
#include <utility>

#include "base/text.h"
#include "crypto/certificate_name.h"
#include "crypto/hash.h"
#include "verifier/store/statement.h"
#include "wire/json/json.h"

namespace credence::verifier {
namespace {

// Of `path`, what the issuer of the list has issued.
Result<void> check_named(const crypto::RevocationList& list, const std::vector<crypto::Certificate>& path) {
  for (const crypto::Certificate& certificate : path) {
    if (!list.is_about(certificate)) continue;
    const Bytes serial = crypto::serial_of(certificate);
    if (const auto* entry = list.find(serial))
      return fail(Errc::untrusted_chain, std::format("revoked: certificate {} of {}, since {} ({}), by its revocation "
                                                     "list",
                                                     serial.empty() ? "00" : to_hex(serial), list.issuer(),
                                                     to_rfc3339(entry->since), entry->reason));
  }
  return {};
}

Result<void> check_currency(const crypto::RevocationList& list, const std::vector<crypto::Certificate>& path,
                            Timestamp now) {
  const auto is_asked = [&](const crypto::Certificate& certificate) { return list.is_about(certificate); };
  return std::ranges::any_of(path, is_asked) ? list.check_current(now) : Result<void>{};
}

Result<std::shared_ptr<const Revocation>> read_entry(const Document& document) {
  auto revocation =
      json::parse(as_text(document.octets), kRevocationLimits)
          .and_then([](const json::Value& value) { return json::as_object(value, ""); })
          .and_then([](const json::Object* object) { return revocation_from_json(*object, Timestamp{}); });
  if (!revocation) return within(std::format("deny list entry {}", document.id), std::move(revocation).error());
  return std::make_shared<const Revocation>(*std::move(revocation));
}

}  // namespace

void DenyList::add(Revocation revocation) { add(std::make_shared<const Revocation>(std::move(revocation))); }

void DenyList::add(std::shared_ptr<const Revocation> revocation) {
  if (revocation->list) {
    lists_[std::string(as_text(revocation->issuer_key))].push_back(*revocation->list);
    return;
  }
  Named named{revocation->kind, revocation->issuer, revocation->value};
  entries_.insert_or_assign(std::move(named), std::move(revocation));
}

Result<void> DenyList::add(const std::shared_ptr<const Document>& document, const DenyList* before) {
  std::shared_ptr<const Revocation> revocation;
  if (before != nullptr)
    if (const auto known = before->read_.find(document); known != before->read_.end()) revocation = known->second;
  if (!revocation) {
    TRY(revocation, read_entry(*document));
  }
  read_.emplace(document, revocation);
  if (document->active) add(std::move(revocation));
  return {};
}

Result<void> DenyList::check(Revoked kind, ByteView value, std::string_view issuer) const {
  if (value.empty()) return {};
  const auto found = entries_.find(Named{kind, std::string(issuer), to_bytes(value)});
  if (found == entries_.end()) return {};
  return fail(Errc::untrusted_chain, std::format("revoked: {}, since {}: {}", name(kind),
                                                 to_rfc3339(found->second->since), found->second->reason));
}

// Of an issuer that is in the path itself, as every one but that of an anchor is. What a list names is refused as that,
// also when some list is stale: whoever provisions a current one, or lifts it, must know.
Result<void> DenyList::check_path(const AttesterIdentity& attester, Timestamp now) const {
  std::vector<const crypto::RevocationList*> asked;
  for (const crypto::Certificate& issuer : attester.path) {
    const auto found = lists_.find(as_text(issuer.spki()));
    if (found == lists_.end()) continue;
    for (const crypto::RevocationList& list : found->second) asked.push_back(&list);
  }
  for (const auto* list : asked) CHECK(check_named(*list, attester.path));
  for (const auto* list : asked) CHECK(check_currency(*list, attester.path, now));
  return {};
}

std::optional<Timestamp> DenyList::next_update(Timestamp now) const {
  std::optional<Timestamp> next;
  for (const auto& [key, lists] : lists_)
    for (const crypto::RevocationList& list : lists)
      if (list.next_update() > now) next = std::min(next.value_or(list.next_update()), list.next_update());
  return next;
}

Result<void> DenyList::check(const AttesterIdentity& attester, Timestamp now) const {
  if (empty()) return {};
  CHECK(check(Revoked::kid, attester.kid));
  CHECK(check(Revoked::instance, attester.instance));
  for (const Bytes& key : attester.keys) {
    TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, key));
    CHECK(check(Revoked::key, digest.view()));
  }
  return check_path(attester, now);
}

Result<void> DenyList::check(const Origin& origin) const {
  if (empty()) return {};
  CHECK(check(Revoked::corim, as_bytes(origin.source)));
  CHECK(check(Revoked::corim, as_bytes(origin.id)));
  if (!origin.signer) return {};
  CHECK(check(Revoked::signer, origin.signer->key_digest));
  return check(Revoked::certificate, origin.signer->serial, origin.signer->issuer);
}

Result<std::shared_ptr<const DenyList>> deny_list_of(const Documents& documents, const DenyList* before) {
  auto list = std::make_shared<DenyList>();
  for (const auto& document : documents) CHECK(list->add(document, before));
  return list;
}

}  // namespace credence::verifier
