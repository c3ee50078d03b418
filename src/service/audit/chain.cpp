#include "service/audit/chain.h"

#include <charconv>
#include <format>

#include "base/text.h"
#include "crypto/hash.h"
#include "wire/json/json.h"

namespace credence::service::audit {
namespace {

constexpr std::size_t kSequenceDigits = 20;

// What comes from a request may be any octets, and the reader's terminal would do as they say.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, kMaxText));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return clean;
}

bool is_digest(std::string_view text) noexcept {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::string> digest_of(std::string_view line) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(line)));
  return to_hex(digest.view());
}

// Number and predecessor, as the line itself states them.
Result<Position> predecessor_of(std::string_view line) {
  TRY(const json::Value value, json::parse(line, {.bytes = kMaxLine, .depth = 2}));
  TRY(const json::Object* object, json::as_object(value, ""));
  TRY(const std::int64_t sequence, json::required_integer(*object, "seq"));
  TRY(const std::string_view digest, json::required_text(*object, "prev"));
  if (sequence < 1) return fail_in(Errc::invalid_value, "seq", "expected a number from 1");
  if (!is_digest(digest)) return fail_in(Errc::invalid_value, "prev", "expected 64 lower-case hexadecimal digits");
  return Position{.sequence = static_cast<std::uint64_t>(sequence) - 1, .digest = std::string(digest)};
}

}  // namespace

std::string_view name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::begun:
      return "begun";
    case Outcome::done:
      return "done";
    case Outcome::failed:
      return "failed";
    case Outcome::refused:
      break;
  }
  return "refused";
}

std::string to_line(const Entry& entry, Timestamp at, const Position& previous) {
  json::Object line{{"seq", previous.sequence + 1},
                    {"time", to_rfc3339(at)},
                    {"action", printable(entry.action)},
                    {"outcome", name(entry.outcome)}};
  const auto add = [&line](std::string_view member, std::string_view text) {
    if (!text.empty()) line[member] = printable(text);
  };
  add("principal", entry.principal);
  add("tenant", entry.tenant);
  add("client", entry.client);
  add("object", entry.object);
  if (entry.status != 0) line["status"] = entry.status;
  add("reason", entry.reason);
  line["prev"] = previous.digest;
  return json::to_text(line);
}

Result<void> Follower::take(std::string_view line) {
  auto stated = predecessor_of(line);
  if (!stated) return fail(Errc::conflict, "expected a line of an audit log: " + stated.error().text());
  if (lines_ == 0) {
    start_ = *stated;
  } else if (stated->sequence != end_.sequence) {
    return fail(Errc::conflict, std::format("expected line {}, got line {}: lines were taken out or put in",
                                            end_.sequence + 1, stated->sequence + 1));
  } else if (stated->digest != end_.digest) {
    return fail(Errc::conflict, std::format("line {} follows {}, and the line before it has the digest {}: one of "
                                            "them was altered",
                                            stated->sequence + 1, stated->digest, end_.digest));
  }
  if (stated->sequence == 0 && stated->digest != Position{}.digest)
    return fail(Errc::conflict, "expected the first line of a log to follow nothing");
  TRY(std::string digest, digest_of(line));
  end_ = {.sequence = stated->sequence + 1, .digest = std::move(digest)};
  ++lines_;
  return {};
}

std::string to_head(const Position& position) {
  return std::format("{:0{}} {}\n", position.sequence, kSequenceDigits, position.digest);
}

Result<Position> parse_head(std::string_view text) {
  Position position;
  const std::string_view digits = text.substr(0, kSequenceDigits);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position.sequence);
  const bool is_number = error == std::errc{} && end == digits.data() + kSequenceDigits;
  const bool is_whole =
      text.size() == kSequenceDigits + 1 + 64 + 1 && text[kSequenceDigits] == ' ' && text.back() == '\n';
  if (!is_number || !is_whole || !is_digest(text.substr(kSequenceDigits + 1, 64)))
    return fail(Errc::malformed, "expected the number and the digest of the last line of an audit log");
  position.digest = text.substr(kSequenceDigits + 1, 64);
  return position;
}

}  // namespace credence::service::audit
