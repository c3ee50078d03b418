// A revocation list as it is in a file, and what people see of entries of the deny list.
#include "cli/revocation_entry.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/openssl/pem.h"
#include "support/dice_device.h"
#include "support/listed.h"
#include "support/refusal.h"

namespace credence::cli {
namespace {

TEST(RevocationEntry, IsReadFromDerAndPemWithOrWithoutText) {
  const test::DiceDevice maker;
  const Bytes der = test::make_revocation_list(maker.root_key, maker.root);
  const std::string pem = crypto::write_pem(der, "X509 CRL");
  EXPECT_TRUE(equal(revocation_list_from(der).value().der(), der));
  for (const std::string& text : {pem, "Certificate Revocation List (CRL):\n    Version 2 (0x1)\n" + pem})
    EXPECT_TRUE(equal(revocation_list_from(as_bytes(text)).value().der(), der)) << text;
  test::expect_refused(revocation_list_from(as_bytes(maker.root.pem())), Errc::malformed, "got 'BEGIN CERTIFICATE'");
  test::expect_refused(revocation_list_from(as_bytes("no list")), Errc::malformed, "in DER");
}

TEST(RevocationEntry, IsShownAsItIsButForAList) {
  const json::Object kid{{"id", "x"}, {"kind", "kid"}, {"value", "01"}, {"reason", "stolen"}};
  EXPECT_EQ(shown(kid), kid);
  const test::DiceDevice maker;
  json::Object list = test::list_entry(maker.root_key, maker.root, {.entries = {{.serial = 7}}, .number = 9});
  list["id"] = "y";
  const json::Object facts = shown(list);
  EXPECT_EQ(facts, (json::Object{{"kind", "crl"},
                                 {"reason", "list of its issuer"},
                                 {"id", "y"},
                                 {"number", "09"},
                                 {"this-update", "2026-09-01T00:00:00.000Z"},
                                 {"next-update", "2026-10-01T00:00:00.000Z"},
                                 {"entries", 1}}));
}

// Whoever is to lift it must see its id.
TEST(RevocationEntry, ThatCannotBeReadIsShownWithWhatIsWrong) {
  const json::Object good{{"id", "y"}, {"kind", "crl"}, {"issuer", "CN=Root"}, {"reason", "list"}};
  struct Case {
    json::Value value;
    std::string error;
  };
  for (const auto& [value, error] : {Case{"MAA=", "malformed in value"}, Case{"?", "malformed at offset 1 in value"},
                                     Case{1, "unexpected_type in value"}}) {
    json::Object entry = good;
    entry["value"] = value;
    json::Object facts = shown(entry);
    EXPECT_TRUE(facts.at("error").as_string().starts_with(error)) << facts.at("error").as_string();
    facts.erase("error");
    EXPECT_EQ(facts, good);
  }
  EXPECT_TRUE(shown(good).at("error").as_string().starts_with("missing_member"));
}

}  // namespace
}  // namespace credence::cli
