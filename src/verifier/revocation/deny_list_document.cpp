#include "verifier/revocation/deny_list_document.h"

#include <format>
#include <utility>

#include "rats/coserv/coserv.h"
#include "wire/json/json.h"

namespace credence::verifier {

Result<Bytes> encode_deny_list(const Documents& documents) {
  json::Array entries;
  for (const auto& document : documents) {
    if (!document->active) continue;
    auto entry = json::parse(as_text(document->octets), kRevocationLimits);
    if (!entry) return within(std::format("deny list entry {}", document->id), std::move(entry).error());
    entries.push_back(*std::move(entry));
  }
  const std::string text = json::to_text(json::Object{{"revocations", std::move(entries)}});
  return to_bytes(as_bytes(text));
}

Result<std::shared_ptr<const DenyList>> decode_deny_list(ByteView octets) {
  TRY(const json::Value document, json::parse(as_text(octets), {.bytes = rats::CoservLimits{}.bytes}));
  TRY(const json::Object* object, json::as_object(document, "deny list"));
  TRY(const json::Array* entries, json::required_array(*object, "revocations"));
  if (entries->size() > kMostRevocations)
    return fail_in(Errc::too_large, "revocations", std::format("expected at most {} entries", kMostRevocations));
  auto list = std::make_shared<DenyList>();
  for (const json::Value& entry : *entries) {
    auto revocation = json::as_object(entry, "").and_then(
        [](const json::Object* fields) { return revocation_from_json(*fields, Timestamp{}); });
    if (!revocation) return within(std::format("revocations.[{}]", &entry - entries->begin()), revocation.error());
    list->add(*std::move(revocation));
  }
  return list;
}

}  // namespace credence::verifier
