#include "service/verifier/tenant.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace credence::service {
namespace {

TEST(Tenant, HasItsStoreBesideTheDefaultOne) {
  EXPECT_EQ(store_of_tenant("sqlite:/var/lib/credence/v.db", "acme").value(), "sqlite:/var/lib/credence/v.db.acme");
  EXPECT_EQ(store_of_tenant("memory:", "acme").value(), "memory:");
  EXPECT_EQ(store_of_tenant("postgresql://db/credence", "acme").value(),
            "postgresql://db/credence?options=-csearch_path%3Dcredence_acme");
  EXPECT_EQ(store_of_tenant("postgresql://db/credence?sslmode=verify-full", "acme").value(),
            "postgresql://db/credence?sslmode=verify-full&options=-csearch_path%3Dcredence_acme");
  for (const std::string store : {"sqlite:x", "memory:", "postgresql://db/credence?options=-cfoo%3Dbar"})
    EXPECT_EQ(store_of_tenant(store, "default").value(), store);
  const auto refused = store_of_tenant("postgresql://db/credence?options=-cfoo%3Dbar", "acme");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::usage);
}

// Under one key a tenant could provision what it likes, and be believed by the relying parties of all.
TEST(Tenant, HasASigningKeyOfItsOwn) {
  KeyOptions keys;
  keys.retired_keys = {"/nonexistent"};
  for (const auto& [key, of_tenant] :
       {std::pair{"/etc/key.pem", "/etc/key.pem.acme"}, std::pair{"tpm:/var/lib/tpm", "tpm:/var/lib/tpm?key=acme"},
        std::pair{"tpm:/t?tcti=x", "tpm:/t?tcti=x&key=acme"}, std::pair{"pkcs11:object=ear", "pkcs11:object=ear.acme"},
        std::pair{"pkcs11:token=hsm;object=ear;type=private?pin-source=file:/pin",
                  "pkcs11:token=hsm;object=ear.acme;type=private?pin-source=file:/pin"}}) {
    keys.signing_key = key;
    keys.next_signing_key = "/etc/next.pem";
    EXPECT_EQ(keys_of_tenant(keys, "default").value().signing_key, key);
    const KeyOptions made = keys_of_tenant(keys, "acme").value();
    EXPECT_EQ(made.signing_key, of_tenant);
    EXPECT_EQ(made.next_signing_key, "/etc/next.pem.acme");
    EXPECT_TRUE(made.retired_keys.empty());
  }
  for (const std::string shared : {"pkcs11:token=hsm", "pkcs11:object=", "pkcs11:id=%01", "pkcs11:object=ear;id=%01",
                                   "pkcs11:token=hsm?object=ear", "tpm:/t?key=results"}) {
    keys.signing_key = shared;
    const auto refused = keys_of_tenant(keys, "acme");
    ASSERT_FALSE(refused) << shared;
    EXPECT_EQ(refused.error().code, Errc::usage);
    EXPECT_TRUE(keys_of_tenant(keys, "default")) << shared;
  }
}

}  // namespace
}  // namespace credence::service
