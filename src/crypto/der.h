// The few DER items (ITU-T X.690) that keys, ECDSA signatures and certificate extensions are made of, read and written
// strictly.
//
// Not OpenSSL's decoders: those accept several encodings of one key and one signature, and the binder hashes the
// encoding of the key.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::crypto::der {

enum class Tag : std::uint8_t {
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  object_identifier = 0x06,
  ia5_string = 0x16,
  sequence = 0x30,
};
// Of a member with an IMPLICIT tag of the context: [number].
[[nodiscard]] constexpr Tag context_tag(std::uint8_t number, bool constructed) noexcept {
  return static_cast<Tag>(0x80U | (constructed ? 0x20U : 0U) | number);
}

// Reads elements one after the other. `base` is added to the offsets in errors.
class Reader {
 public:
  explicit Reader(ByteView input, std::size_t base = 0) noexcept : input_(input), base_(base) {}

  // The content of the next element, which must have this tag and the shortest form of its length.
  [[nodiscard]] Result<ByteView> element(Tag tag);
  // The same, as a reader with offsets of the whole.
  [[nodiscard]] Result<Reader> nested(Tag tag);
  // The value of a non-negative INTEGER in its shortest form, without the leading zero; empty for 0.
  [[nodiscard]] Result<ByteView> unsigned_integer(Tag tag = Tag::integer);
  // Whether an element with this tag comes next: for what is OPTIONAL.
  [[nodiscard]] bool next_is(Tag tag) const noexcept;
  [[nodiscard]] bool at_end() const noexcept { return position_ == input_.size(); }
  // Exactly these octets come next.
  [[nodiscard]] Result<void> literal(ByteView expected);
  // Refuses trailing bytes.
  [[nodiscard]] Result<void> finish() const;

  [[nodiscard]] std::size_t offset() const noexcept { return base_ + position_; }

 private:
  [[nodiscard]] Result<std::size_t> length();

  ByteView input_;
  std::size_t base_;
  std::size_t position_ = 0;
};

// Tag and length of an element whose content, of this size, follows.
void append_head(Bytes& to, Tag tag, std::size_t size);
void append_element(Bytes& to, Tag tag, ByteView content);
// `value` is big-endian; leading zeros do not matter.
void append_unsigned_integer(Bytes& to, ByteView value);

// Octets of the content that append_unsigned_integer() writes.
[[nodiscard]] std::size_t unsigned_integer_size(ByteView value) noexcept;

[[nodiscard]] ByteView without_leading_zeros(ByteView value) noexcept;

}  // namespace credence::crypto::der
