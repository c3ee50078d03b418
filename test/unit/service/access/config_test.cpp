#include "service/access/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>

#include "base/text.h"
#include "support/certificate_files.h"
#include "support/temporary_directory.h"

namespace credence::service::access {
namespace {

const std::string kDigest(64, 'a');
const std::string kHash = "$2b$10$" + std::string(53, 'a');

TEST(AccessConfig, SaysWhoMayCall) {
  const std::string text = R"(
tenants = ["default", "acme"]
anonymous = []
[rates]
client = { per-second = 10, burst = 20.5 }
[[token]]
name = "ci"
roles = ["provisioner", "reader"]
sha256 = ")" + kDigest + R"("
[[user]]
name = "anna"
tenant = "acme"
roles = ["manager"]
bcrypt = ")" + kHash + R"("
[[certificate]]
name = "fleet"
roles = ["relying-party"]
san = "URI:spiffe://example/fleet"
[oidc]
issuer = "https://id.example/realms/veraison"
audience = "verifier"
jwks = "https://id.example/certs"
roles = { "veraison admins" = "manager" }
)";
  const AccessConfig config = parse_access_config(text).value();
  EXPECT_EQ(config.tenants, (std::vector<std::string>{"default", "acme"}));
  EXPECT_TRUE(config.anonymous.empty());
  EXPECT_EQ(config.client_rate.per_second, 10);
  EXPECT_EQ(config.client_rate.burst, 20.5);
  EXPECT_EQ(config.principal_rate.per_second, 500);
  ASSERT_EQ(config.tokens.size(), 1U);
  EXPECT_EQ(config.tokens[0].principal.name, "ci");
  EXPECT_EQ(config.tokens[0].principal.tenant, "default");
  EXPECT_EQ(config.tokens[0].principal.roles, (Roles{Role::provisioner, Role::reader}));
  EXPECT_EQ(to_hex(config.tokens[0].sha256.view()), kDigest);
  ASSERT_EQ(config.users.size(), 1U);
  EXPECT_EQ(config.users[0].principal.tenant, "acme");
  ASSERT_EQ(config.certificates.size(), 1U);
  EXPECT_EQ(config.certificates[0].name, "URI:spiffe://example/fleet");
  ASSERT_TRUE(config.oidc);
  EXPECT_EQ(config.oidc->tenant_claim, "tenant_id");
  EXPECT_EQ(config.oidc->roles, (std::vector<std::pair<std::string, Role>>{{"veraison admins", Role::manager}}));
}

TEST(AccessConfig, LeavesVerificationOpenByDefault) {
  const AccessConfig config = parse_access_config("").value();
  EXPECT_EQ(config.anonymous, Roles{Role::relying_party});
  EXPECT_EQ(config.tenants, std::vector<std::string>{"default"});
}

struct Mistake {
  std::string name;
  std::string text;
  std::string why;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

const std::string kToken = "[[token]]\nname = \"ci\"\nroles = [\"reader\"]\nsha256 = \"" + kDigest + "\"\n";
const std::string kUser = "[[user]]\nname = \"u\"\nroles = [\"reader\"]\nbcrypt = \"" + kHash + "\"\n";

class Mistakes : public testing::TestWithParam<Mistake> {};
INSTANTIATE_TEST_SUITE_P(
    All, Mistakes,
    testing::Values(
        Mistake{"no_toml", "=", "line 1, column 1"},
        Mistake{"unknown_key", "anonymus = []", "unknown key \"anonymus\""},
        Mistake{"unknown_key_of_a_token", kToken + "role = 1", "line 5, column 8: unknown key \"role\""},
        Mistake{"unknown_role", "[[token]]\nname = \"x\"\nroles = [\"admin\"]", "roles: expected relying-party"},
        Mistake{"no_role", "[[token]]\nname = \"x\"\nroles = []", "roles: expected at least one"},
        Mistake{"no_name", "[[token]]\nroles = [\"reader\"]", "name is missing"},
        Mistake{"short_digest", "[[token]]\nname = \"x\"\nroles = [\"reader\"]\nsha256 = \"aa\"", "64 hexadecimal"},
        Mistake{"plain_token", "[[token]]\nname = \"x\"\nroles = [\"reader\"]\nsha256 = \"secret\"", "64 hexadecimal"},
        Mistake{"token_twice", kToken + kToken, "this token is named twice"},
        Mistake{"one_token", "token = 1", "expected tables: [[token]]"},
        Mistake{"unknown_tenant", kToken + "tenant = \"acme\"", "\"acme\" is not one of the tenants"},
        Mistake{"tenant_that_leaves_its_folder", "tenants = [\"../x\"]", "expected a lower-case letter"},
        Mistake{"tenant_in_capitals", "tenants = [\"A\"]", "expected a lower-case letter"},
        Mistake{"tenant_twice", "tenants = [\"a\", \"a\"]", "named twice"},
        Mistake{"no_tenants", "tenants = []", "tenants: expected 1 to 64"},
        Mistake{"everybody_provisions", "anonymous = [\"provisioner\"]", "is for callers with a credential"},
        Mistake{"user_twice", kUser + kUser, "this user is named twice"},
        Mistake{"user_with_a_colon", "[[user]]\nname = \"a:b\"\nroles = [\"reader\"]", "expected no colon"},
        Mistake{"plain_password", "[[user]]\nname = \"a\"\nroles = [\"reader\"]\nbcrypt = \"x\"",
                "bcrypt: expected $2b$"},
        Mistake{"unknown_kind_of_name", "[[certificate]]\nname = \"a\"\nroles = [\"reader\"]\nsan = \"CN=x\"",
                "expected URI:"},
        Mistake{"no_audience", "[oidc]\nissuer = \"a\"\njwks = \"b\"", "audience is missing"},
        Mistake{"keys_over_plain_http", "[oidc]\nissuer = \"a\"\naudience = \"b\"\njwks = \"http://x\"",
                "expected https://... or a file"},
        Mistake{"keys_from_a_user", "[oidc]\nissuer = \"a\"\naudience = \"b\"\njwks = \"https://user@x\"",
                "line 4, column 8: jwks: expected a URL like https://host:port without a user, got \"https://user@x\""},
        Mistake{"rate_without_burst", "[rates]\nclient = { per-second = 1 }", "expected per-second"},
        Mistake{"negative_rate", "[rates]\nclient = { per-second = -1, burst = 1 }", "expected per-second"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Mistakes, AreSaidWithTheirPlace) {
  const auto parsed = parse_access_config(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::configuration);
  EXPECT_TRUE(parsed.error().why.starts_with("line ")) << parsed.error().why;
  EXPECT_NE(parsed.error().why.find(GetParam().why), std::string::npos) << parsed.error().why;
}

TEST(AccessConfig, IsItsOwnersOnly) {
  const test::TemporaryDirectory directory;
  const auto file = test::write_private_file(directory.path() / "access.toml", kToken);
  EXPECT_TRUE(read_access_config(file));
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto refused = read_access_config(file);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("chmod 600"), std::string::npos) << refused.error().text();
  EXPECT_TRUE(read_access_config(test::write_private_file(directory.path() / "bad", "x")).error().text().find("bad") !=
              std::string::npos);
}

}  // namespace
}  // namespace credence::service::access
