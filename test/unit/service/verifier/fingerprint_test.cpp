#include "service/verifier/fingerprint.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "service/policy/peer_names.h"
#include "service/verifier/server.h"

namespace credence::service {
namespace {

TEST(Fingerprint, IsAnotherForAnotherValue) {
  EXPECT_EQ(fingerprint(json::Array{1, 2}).size(), 16U);
  EXPECT_EQ(fingerprint(json::Array{1, 2}), fingerprint(json::Array{1, 2}));
  EXPECT_NE(fingerprint(json::Array{1, 2}), fingerprint(json::Array{2, 1}));
}

VerifierOptions with_names(std::string_view first, std::string_view second) {
  VerifierOptions options;
  options.peer_names = peer_names(std::array{std::string(first), std::string(second)}).value();
  return options;
}

std::shared_ptr<const client::Opa> opa(std::string url, std::string_view token = "one") {
  client::Opa made{.url = std::move(url)};
  made.token = SecretBytes(as_bytes(token));
  return std::make_shared<const client::Opa>(std::move(made));
}

struct OptionChange {
  std::string_view name;
  void (*change)(VerifierOptions&);
};

TEST(OptionsFingerprint, IsAnotherForWhatVerdictsDependOn) {
  using Options = VerifierOptions;
  constexpr auto kOptionChanges = std::to_array<OptionChange>(
      {{"test root", [](Options& o) { o.policy.allow_insecure_test_root = true; }},
       {"compatibility", [](Options& o) { o.policy.compatibility = true; }},
       {"insecure endorsements", [](Options& o) { o.policy.insecure_veraison_endorsements = true; }},
       {"PCRs", [](Options& o) { o.policy.minimum_pcrs = {0, 1}; }},
       {"lifetime", [](Options& o) { o.result_lifetime = Seconds(7); }},
       {"clock", [](Options& o) { o.insecure_clock_set_back = true; }},
       {"names", [](Options& o) { o.peer_names = with_names("a=11", "b=22").peer_names; }},
       {"other names", [](Options& o) { o.peer_names = with_names("a=11", "b=23").peer_names; }},
       {"OPA", [](Options& o) { o.opa = opa("http://127.0.0.1:1"); }},
       {"another OPA", [](Options& o) { o.opa = opa("http://127.0.0.1:2"); }}});
  std::set<std::string> seen{options_fingerprint({})};
  for (const OptionChange& one : kOptionChanges) {
    VerifierOptions options;
    one.change(options);
    EXPECT_TRUE(seen.insert(options_fingerprint(options)).second) << one.name;
  }
}

TEST(OptionsFingerprint, IsTheSameForWhatIsOfANode) {
  using Options = VerifierOptions;
  constexpr auto kOptionChanges =
      std::to_array<OptionChange>({{"listener", [](Options& o) { o.port = 1; }},
                                   {"store", [](Options& o) { o.store = "sqlite:x"; }},
                                   {"keys", [](Options& o) { o.keys.signing_key = "x"; }},
                                   {"issuer", [](Options& o) { o.issuer = "x"; }},
                                   {"anchors", [](Options& o) { o.corim_anchors = {"x"}; }},
                                   {"connections", [](Options& o) { o.max_connections = 7; }}});
  for (const OptionChange& one : kOptionChanges) {
    VerifierOptions options;
    one.change(options);
    EXPECT_EQ(options_fingerprint(options), options_fingerprint({})) << one.name;
  }
  EXPECT_EQ(options_fingerprint(with_names("a=11", "b=22")), options_fingerprint(with_names("b=22", "a=11")));
  VerifierOptions first, second;
  first.opa = opa("http://127.0.0.1:1", "one");
  second.opa = opa("http://127.0.0.1:1", "two");
  EXPECT_EQ(options_fingerprint(first), options_fingerprint(second));
  client::Opa with_file{.url = "http://127.0.0.1:1"};
  with_file.http.ca_file = "/etc/a.pem";  // elsewhere at each node
  second.opa = std::make_shared<const client::Opa>(std::move(with_file));
  EXPECT_EQ(options_fingerprint(first), options_fingerprint(second));
}

}  // namespace
}  // namespace credence::service
