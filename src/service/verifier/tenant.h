// Where a tenant's own things are: beside those of the default tenant, under its name (docs/formats/access-file.md).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "service/verifier/key_options.h"

namespace credence::service {

// "sqlite:FILE" is "sqlite:FILE.acme", "memory:" stays, and a PostgreSQL URL gets the schema credence_acme as the only
// one that its connections see. The default tenant has the store as it is given. Errc::usage for a URL that sets
// options of its own.
[[nodiscard]] Result<std::string> store_of_tenant(const std::string& store, std::string_view tenant);

// Results of one tenant must not count with the relying parties of another: FILE.acme, or the key "acme" of a TPM.
// Retired keys are FILE.acme where there is one. In a PKCS#11 URI the label gets the name, "object=ear.acme";
// Errc::usage for a URI without a label, or with an id, which names one key.
[[nodiscard]] Result<KeyOptions> keys_of_tenant(KeyOptions keys, std::string_view tenant);

}  // namespace credence::service
