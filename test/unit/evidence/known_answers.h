// test/vector/channel/binders.json: known answers computed by an independent program from real handshakes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "base/text.h"
#include "support/vectors.h"
#include "wire/json/json.h"

namespace credence::test {

struct Handshake {
  std::string suite;
  std::uint16_t cipher_suite = 0;
  bool hello_retry = false;
  std::vector<Bytes> messages;
  json::Object object;

  [[nodiscard]] Bytes octets(std::string_view member) const {
    return from_hex(json::required_text(object, member).value()).value();
  }
  friend void PrintTo(const Handshake& handshake, std::ostream* out) {
    *out << handshake.suite << (handshake.hello_retry ? " with HelloRetryRequest" : "");
  }
};

inline json::Value binders() {
  const auto path = std::filesystem::path(CREDENCE_SOURCE_DIR) / "test/vector/channel/binders.json";
  return json::parse(read_text(path)).value();
}

inline std::vector<Handshake> handshakes() {
  std::vector<Handshake> all;
  const json::Value file = binders();
  for (const json::Value& entry : file.at("handshake").as_array()) {
    Handshake handshake;
    handshake.object = entry.as_object();
    handshake.suite = std::string(json::required_text(handshake.object, "suite").value());
    handshake.cipher_suite = handshake.suite == "TLS_AES_256_GCM_SHA384" ? 0x1302 : 0x1301;
    handshake.hello_retry = entry.at("hello_retry").as_bool();
    for (const json::Value& message : entry.at("messages").as_array())
      handshake.messages.push_back(from_hex(std::string_view(message.as_string())).value());
    all.push_back(std::move(handshake));
  }
  return all;
}

inline std::string handshake_name(const testing::TestParamInfo<Handshake>& info) {
  return info.param.suite + (info.param.hello_retry ? "_hello_retry" : "");
}

}  // namespace credence::test
