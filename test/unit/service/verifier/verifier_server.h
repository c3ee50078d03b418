// The whole service, started as `credence verifier` starts it, driven by the curl program and by our own client.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "client/http.h"
#include "client/provision.h"
#include "service/verifier/server.h"
#include "support/certificate_files.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/running.h"
#include "wire/json/json.h"

namespace credence::service {

class VerifierServerTest : public testing::Test {
 protected:
  VerifierServerTest() {
    options.insecure_http = true;
    options.insecure_local_callers = true;
    options.keys.signing_key = directory.path() / "ear.pem";
    options.corim_anchors = {endorser.write_anchor(directory)};
  }

  [[nodiscard]] std::unique_ptr<VerifierServer> start() const {
    auto started = VerifierServer::start(options, no_log());
    if (!started) throw std::runtime_error(started.error().text());
    return *std::move(started);
  }

  // What curl prints: headers and body, or its error.
  [[nodiscard]] static std::string curl(const std::string& arguments) {
    FILE* const pipe = ::popen(("curl -sS --max-time 10 -i " + arguments + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run curl");
    std::string out;
    std::array<char, 4096> part;
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe)) out.append(part.data(), got);
    ::pclose(pipe);
    return out;
  }

  [[nodiscard]] static std::string post_evidence(const VerifierServer& server, const std::string& nonce,
                                                 std::string_view media_type, const Bytes& evidence) {
    client::HttpRequest open{
        .method = client::HttpMethod::post,
        .url = server.url() + "/challenge-response/v1/newSession?nonce=" + nonce,
    };
    const auto opened = client::request(open, {}).value();
    EXPECT_EQ(opened.status, 201) << opened.text();
    client::HttpRequest submit{.method = client::HttpMethod::post,
                               .url = server.url() + "/challenge-response/v1/" + std::string(opened.header("location")),
                               .headers = {{"Content-Type", std::string(media_type)}},
                               .body = evidence};
    const auto answer = client::request(submit, {}).value();
    EXPECT_EQ(answer.status, 200) << answer.text();
    return std::string(json::parse(answer.text()).value().as_object().at("result").as_string());
  }

  void provision(const VerifierServer& server, const test::EvidenceMaker& maker) const {
    for (const auto& corim : {evidence::tpm::veraison_corim(maker.endorsement()).value(),
                              evidence::tpm::keys_corim(maker.endorsement()).value()}) {
      const auto outcome = client::provision(endorser.sign(corim), {.url = server.url()});
      ASSERT_TRUE(outcome) << outcome.error().text();
      EXPECT_TRUE(outcome->success) << outcome->failure_reason;
    }
  }

  test::TemporaryDirectory directory;
  test::Endorser endorser;
  VerifierOptions options;
};

// What a verifier says at one level.
class LogOfLevel final : public Log {
 public:
  explicit LogOfLevel(LogLevel level) : wanted_(level) {}
  void write(LogLevel level, std::string_view message) override {
    if (level == wanted_) lines.emplace_back(message);
  }
  std::vector<std::string> lines;

 private:
  LogLevel wanted_;
};

}  // namespace credence::service
