#include "service/http/response_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "service/http/date.h"

namespace credence::service::http {
namespace {

constexpr std::size_t kUsualHeader = 512;  // octets

void append_number(std::string& to, std::size_t number, int base = 10) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  to.append(digits.data(), end);
}

bool breaks_line(char c) noexcept { return c == '\r' || c == '\n'; }

void append_field(std::string& to, std::string_view name, std::string_view value) {
  if (name.contains(':') || std::ranges::any_of(name, breaks_line) || std::ranges::any_of(value, breaks_line))
    throw std::logic_error("a response header field with a line break");
  to.append(name).append(": ").append(value).append("\r\n");
}

// The date changes once a second, and writing it costs more than the rest of the header.
const std::string& date_text(Timestamp now) {
  thread_local auto second = std::chrono::sys_seconds::min();
  thread_local std::string text;
  if (const auto current = std::chrono::floor<Seconds>(now); current != second) {
    text = to_imf_fixdate(now);
    second = current;
  }
  return text;
}

void append_framing(std::string& to, Framing framing, std::size_t size) {
  if (framing == Framing::chunked) to.append("Transfer-Encoding: chunked\r\n");
  if (framing != Framing::length) return;
  to.append("Content-Length: ");
  append_number(to, size);
  to.append("\r\n");
}

}  // namespace

std::string header_text(const Response& response, const ResponseLine& line, Timestamp now) {
  std::string text;
  text.reserve(kUsualHeader);
  text.append(line.version == 11 ? "HTTP/1.1 " : "HTTP/1.0 ");
  append_number(text, response.status);
  text.append(" ").append(reason_phrase(response.status)).append("\r\n");
  append_field(text, "Date", date_text(now));
  for (const auto& [name, value] : response.headers) append_field(text, name, value);
  if (!line.keep_alive) text.append("Connection: close\r\n");
  if (line.keep_alive && line.version == 10) text.append("Connection: keep-alive\r\n");
  append_framing(text, line.framing, response.body.size());
  text.append("\r\n");
  return text;
}

std::string chunk_text(std::string_view octets) {
  std::string text;
  text.reserve(octets.size() + 16);
  append_number(text, octets.size(), 16);
  text.append("\r\n").append(octets).append("\r\n");
  return text;
}

}  // namespace credence::service::http
