#include "crypto/der.h"

#include <algorithm>
#include <array>
#include <format>

namespace credence::crypto::der {

Result<std::size_t> Reader::length() {
  if (position_ == input_.size()) return fail_at(Errc::truncated, offset(), "expected a DER length, got the end");
  const std::uint8_t first = input_[position_];
  if (first < 0x80) {
    ++position_;
    return first;
  }
  // X.690 section 10.1: the shortest form. Two octets of length are enough for every key and signature here.
  const std::size_t octets = first & 0x7fU;
  if (octets == 0 || octets > 2) {
    return fail_at(Errc::malformed, offset(), "expected a definite DER length below 65536");
  }
  if (input_.size() - position_ <= octets) return fail_at(Errc::truncated, offset(), "the DER length is cut off");
  std::size_t value = 0;
  for (std::size_t i = 1; i <= octets; ++i) value = value << 8 | input_[position_ + i];
  if (value < 0x80 || (octets == 2 && value < 0x100)) {
    return fail_at(Errc::not_deterministic, offset(), "expected the shortest form of a DER length");
  }
  position_ += 1 + octets;
  return value;
}

Result<ByteView> Reader::element(Tag tag) {
  const std::size_t start = position_;
  if (position_ == input_.size()) return fail_at(Errc::truncated, offset(), "expected a DER element, got the end");
  if (input_[position_] != static_cast<std::uint8_t>(tag)) {
    return fail_at(Errc::unexpected_type, offset(),
                   std::format("expected DER tag {:#04x}, got {:#04x}", static_cast<unsigned>(tag), input_[position_]));
  }
  ++position_;
  TRY(const std::size_t size, length());
  if (size > input_.size() - position_) {
    return fail_at(Errc::truncated, base_ + start,
                   std::format("expected {} octets of content, got {}", size, input_.size() - position_));
  }
  const ByteView content = input_.subspan(position_, size);
  position_ += size;
  return content;
}

Result<Reader> Reader::nested(Tag tag) {
  TRY(const ByteView content, element(tag));
  return Reader(content, offset() - content.size());
}

bool Reader::next_is(Tag tag) const noexcept {
  return position_ < input_.size() && input_[position_] == static_cast<std::uint8_t>(tag);
}

Result<ByteView> Reader::unsigned_integer(Tag tag) {
  const std::size_t start = offset();
  TRY(ByteView content, element(tag));
  if (content.empty()) return fail_at(Errc::malformed, start, "expected an INTEGER of at least one octet");
  if ((content[0] & 0x80U) != 0) return fail_at(Errc::invalid_value, start, "expected an INTEGER that is not negative");
  if (content[0] != 0) return content;
  // X.690 section 8.3.2: a zero octet leads only where the next one would look like a sign. Otherwise one signature
  // or key would have many encodings, and a comparison of octets would miss that they are the same.
  content = content.subspan(1);
  if (!content.empty() && (content[0] & 0x80U) == 0) {
    return fail_at(Errc::not_deterministic, start, "expected the shortest form of an INTEGER");
  }
  return content;
}

Result<void> Reader::literal(ByteView expected) {
  if (input_.size() - position_ < expected.size() || !equal(input_.subspan(position_, expected.size()), expected)) {
    return fail_at(Errc::malformed, offset(), "other octets than this structure has here");
  }
  position_ += expected.size();
  return {};
}

Result<void> Reader::finish() const {
  if (position_ == input_.size()) return {};
  return fail_at(Errc::trailing_bytes, offset(),
                 std::format("{} octets follow a complete DER element", input_.size() - position_));
}

void append_head(Bytes& to, Tag tag, std::size_t size) {
  to.push_back(static_cast<std::uint8_t>(tag));
  if (size >= 0x100) {
    append(to,
           std::array<std::uint8_t, 3>{0x82, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
  } else if (size >= 0x80) {
    append(to, std::array<std::uint8_t, 2>{0x81, static_cast<std::uint8_t>(size)});
  } else {
    to.push_back(static_cast<std::uint8_t>(size));
  }
}

void append_element(Bytes& to, Tag tag, ByteView content) {
  append_head(to, tag, content.size());
  append(to, content);
}

void append_unsigned_integer(Bytes& to, ByteView value) {
  const ByteView digits = without_leading_zeros(value);
  const std::size_t size = unsigned_integer_size(digits);
  append_head(to, Tag::integer, size);
  if (size > digits.size()) to.push_back(0);
  append(to, digits);
}

// X.690 section 8.3: a zero octet leads where the first one would look like a sign, and is all there is of 0.
std::size_t unsigned_integer_size(ByteView value) noexcept {
  const ByteView digits = without_leading_zeros(value);
  return digits.size() + (digits.empty() || (digits[0] & 0x80U) != 0 ? 1 : 0);
}

ByteView without_leading_zeros(ByteView value) noexcept {
  const auto first = std::ranges::find_if(value, [](std::uint8_t octet) { return octet != 0; });
  return value.subspan(static_cast<std::size_t>(first - value.begin()));
}

}  // namespace credence::crypto::der
