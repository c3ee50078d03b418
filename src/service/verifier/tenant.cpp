#include "service/verifier/tenant.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <vector>

#include "service/access/principal.h"
#include "service/verifier/file.h"

namespace credence::service {
namespace {

constexpr std::string_view kPkcs11Uri = "pkcs11:", kObject = "object=", kId = "id=";

// By its label, as a file by its name. With an id the URI (RFC 7512) would name one key for all of them.
Result<std::string> token_key_of_tenant(const std::string& uri, std::string_view tenant) {
  std::string made(kPkcs11Uri);
  bool has_label = false, has_id = false;
  const std::size_t query = std::min(uri.find('?'), uri.size());
  for (std::size_t begin = kPkcs11Uri.size(); begin < query;) {
    const std::size_t end = std::min(uri.find(';', begin), query);
    const std::string attribute = uri.substr(begin, end - begin);
    has_label = has_label || (attribute.starts_with(kObject) && attribute.size() > kObject.size());
    has_id = has_id || attribute.starts_with(kId);
    made += (begin == kPkcs11Uri.size() ? "" : ";") + attribute;
    if (attribute.starts_with(kObject)) made += std::format(".{}", tenant);
    begin = end + 1;
  }
  if (has_label && !has_id) return made + uri.substr(query);
  return fail(Errc::usage,
              "signing-key: each tenant needs a key of its own: expected a PKCS#11 URI with object=LABEL, to which "
              "\".\" and the tenant's name are added, and without id=");
}

Result<std::string> key_of_tenant(const std::string& key, std::string_view tenant) {
  if (key.starts_with(kPkcs11Uri)) return token_key_of_tenant(key, tenant);
  if (!key.starts_with("tpm:")) return std::format("{}.{}", key, tenant);
  if (key.contains("key=")) return fail(Errc::usage, "signing-key: the tenants' keys in a TPM have the tenants' names");
  return std::format("{}{}key={}", key, key.contains('?') ? '&' : '?', tenant);
}

}  // namespace

Result<std::string> store_of_tenant(const std::string& store, std::string_view tenant) {
  if (tenant == access::kDefaultTenant) return store;
  if (store.starts_with("sqlite:")) return std::format("{}.{}", store, tenant);
  if (!store.starts_with("postgresql:")) return store;
  const std::size_t query = store.find('?');
  if (query != std::string::npos && store.find("options=", query) != std::string::npos)
    return fail(Errc::usage, "store: expected a URL without options=, which name the schema of each tenant");
  // Nothing but this schema: a name that is missing in it is an error and not somebody else's table.
  return std::format("{}{}options=-csearch_path%3Dcredence_{}", store, query == std::string::npos ? '?' : '&', tenant);
}

Result<KeyOptions> keys_of_tenant(KeyOptions keys, std::string_view tenant) {
  if (tenant == access::kDefaultTenant) return keys;
  TRY(keys.signing_key, key_of_tenant(keys.signing_key, tenant));
  if (!keys.next_signing_key.empty()) {
    TRY(keys.next_signing_key, key_of_tenant(keys.next_signing_key, tenant));
  }
  for (auto& retired : keys.retired_keys) retired += std::format(".{}", tenant);
  std::erase_if(keys.retired_keys, [](const auto& file) { return !file_exists(file).value_or(true); });
  return keys;
}

}  // namespace credence::service
