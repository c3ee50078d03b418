// A response as the octets that go over the connection (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "service/http/message.h"

namespace credence::service::http {

// How the end of the body is found.
enum class Framing : std::uint8_t { length, none, chunked, until_close };

struct ResponseLine {
  unsigned version = 11;  // of the request
  bool keep_alive = true;
  Framing framing = Framing::length;
};

// Status line and header fields, with Date, Connection and the framing. A field that a line break would make two is a
// bug: std::logic_error.
[[nodiscard]] std::string header_text(const Response& response, const ResponseLine& line, Timestamp now);

// RFC 9112 section 7.1. An empty chunk would end the body: `octets` is not empty.
[[nodiscard]] std::string chunk_text(std::string_view octets);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace credence::service::http
