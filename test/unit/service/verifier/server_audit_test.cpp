// What a verifier writes into its audit log about itself.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "audit_lines.h"
#include "service/audit/log.h"
#include "service/verifier/file.h"
#include "service/verifier/session_json.h"
#include "support/certificate_files.h"
#include "support/refusal.h"
#include "verifier_server.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using test::audit_lines;
using test::Running;
using test::text_of;

TEST_F(VerifierServerTest, WritesDownWhatAReloadReadAndHowItEnded) {
  options.insecure_local_callers = false;
  options.audit_log = directory.path() / "audit.log";
  options.config_sha256 = std::string(64, 'c');
  options.corim_anchors.clear();
  options.access_file = test::write_private_file(directory.path() / "access.toml", "# one\n");
  const std::string config = "config sha256:" + options.config_sha256;
  const std::string read = config + " access sha256:";
  {
    const Running server(start());
    ASSERT_EQ(audit_lines(*options.audit_log).size(), 1U);
    // printf '# one\n' | sha256sum
    EXPECT_EQ(text_of(audit_lines(*options.audit_log)[0], "object"),
              read + "54c592ac3a26758bdc4232b5a2f32eed508b2b3c48bc3b177eae44a5b47bd0c8");
    auto expect_lines = [&, seen = std::size_t{1}](const std::vector<std::string>& outcomes, const std::string& object,
                                                   std::string_view why) mutable {
      const auto lines = audit_lines(*options.audit_log, seen);
      seen += lines.size();
      std::vector<std::string> found;
      for (const json::Object& line : lines) {
        found.push_back(text_of(line, "outcome"));
        EXPECT_EQ(text_of(line, "action"), "reload");
        EXPECT_EQ(text_of(line, "principal"), "operator");
        EXPECT_EQ(text_of(line, "object"), object);
      }
      ASSERT_EQ(found, outcomes);
      EXPECT_NE(text_of(lines.back(), "reason").find(why), std::string::npos) << json::to_text(lines.back());
      EXPECT_EQ(text_of(lines.back(), "reason").empty(), why.empty());
    };
    test::write_private_file(*options.access_file, "anonymous = []\n");
    ASSERT_TRUE(server->reload(options));
    const std::string good = read + "035e35219f3049c7e3ab73c9cfd764bec55afa95a31442186fd223fa1306b1ab";
    expect_lines({"begun", "done"}, good, "");

    VerifierOptions bad = options;
    bad.corim_anchors = {"/nowhere/root.pem"};
    ASSERT_FALSE(server->reload(bad));
    expect_lines({"refused"}, config, "/nowhere/root.pem");
    bad = options;
    bad.port = 1;
    ASSERT_FALSE(server->reload(bad));
    expect_lines({"begun", "failed"}, good, "the listener cannot change");
    server->reload_refused({.code = Errc::usage, .why = "no options at all"});
    expect_lines({"refused"}, "", "no options at all");
  }
  const auto whole = audit::verify(std::vector{*options.audit_log});
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(whole->head, whole->end);
}

// Who may do what does not change unseen.
TEST_F(VerifierServerTest, DoesNotReloadWhileTheAuditLogCannotBeWritten) {
  options.insecure_local_callers = false;
  options.audit_log = directory.path() / "audit.log";
  options.access_file = test::write_private_file(directory.path() / "access.toml", "# one\n");
  const Running server(start());
  const std::string open_session = "-X POST " + server->url() + "/challenge-response/v1/newSession";
  std::filesystem::rename(*options.audit_log, directory.path() / "audit.log.1");
  std::filesystem::create_directory(*options.audit_log);
  test::write_private_file(*options.access_file, "anonymous = []\n");
  test::expect_refused(server->reload(options), Errc::configuration, "audit.log");
  EXPECT_TRUE(curl(open_session).starts_with("HTTP/1.1 201"));
  std::filesystem::remove(*options.audit_log);
  ASSERT_TRUE(server->reload(options));
  EXPECT_TRUE(curl(open_session).starts_with("HTTP/1.1 403"));  // there is no way to be somebody
}

TEST_F(VerifierServerTest, GoesOnInAnEmptyAuditLogAndSaysSo) {
  options.audit_log = directory.path() / "audit.log";
  static_cast<void>(start());
  EXPECT_EQ(text_of(audit_lines(*options.audit_log)[0], "reason"), "");
  std::filesystem::resize_file(*options.audit_log, 0);
  static_cast<void>(start());
  EXPECT_EQ(text_of(audit_lines(*options.audit_log)[0], "reason"),
            "the file was empty, and the lines up to 1 are in others");
}

}  // namespace
}  // namespace credence::service
