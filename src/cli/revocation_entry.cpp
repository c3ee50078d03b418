#include "cli/revocation_entry.h"

#include <string_view>
#include <utility>

#include "base/text.h"

namespace credence::cli {
namespace {

Result<void> add_facts_of_list(const json::Object& entry, json::Object& facts) {
  TRY(const std::string_view value, json::required_text(entry, "value"));
  auto der = from_base64(value);
  if (!der) return within("value", std::move(der).error());
  const auto list = crypto::RevocationList::from_der(*der);
  if (!list) return within("value", list.error());
  if (list->number()) facts["number"] = to_hex(*list->number());
  facts["this-update"] = to_rfc3339(list->this_update());
  facts["next-update"] = to_rfc3339(list->next_update());
  facts["entries"] = list->size();
  return {};
}

}  // namespace

Result<crypto::RevocationList> revocation_list_from(ByteView file) {
  return as_text(file).contains("-----BEGIN ") ? crypto::RevocationList::from_pem(as_text(file))
                                               : crypto::RevocationList::from_der(file);
}

json::Object shown(const json::Object& entry) {
  const auto kind = json::required_text(entry, "kind");
  if (!kind || *kind != kListEntry) return entry;
  json::Object facts = entry;
  facts.erase("value");
  facts.erase("issuer-key");
  if (const auto read = add_facts_of_list(entry, facts); !read) facts["error"] = read.error().text();
  return facts;
}

}  // namespace credence::cli
