#include "evidence/dice/measurement.h"

#include <array>
#include <format>
#include <utility>

#include "crypto/certificate_fields.h"
#include "crypto/der.h"
#include "rats/oid.h"
#include "wire/utf8.h"

namespace credence::evidence::dice {
namespace {

namespace der = crypto::der;
using der::context_tag;
using der::Tag;

constexpr std::string_view kSubjectAltName = "2.5.29.17";
constexpr std::array<std::uint8_t, 3> kUnread = {8, 9, 10};  // vendorInfo, type, flagsMask
constexpr std::size_t kMost = 16;                            // of FWIDs in one TcbInfo, of TcbInfos in a sequence

std::optional<std::uint64_t> small_number(ByteView value) {
  if (value.size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::uint8_t octet : value) number = number << 8 | octet;
  return number;
}

// FWID ::= SEQUENCE { hashAlg OBJECT IDENTIFIER, digest OCTET STRING }
Result<FirmwareId> read_fwid(der::Reader& list) {
  TRY(der::Reader reader, list.nested(Tag::sequence));
  TRY(const ByteView algorithm, reader.element(Tag::object_identifier));
  FirmwareId read;
  TRY(read.algorithm, rats::oid_to_text(algorithm));
  TRY(const ByteView digest, reader.element(Tag::octet_string));
  CHECK(reader.finish());
  if (digest.empty()) return fail_at(Errc::invalid_value, reader.offset(), "FWID: expected a digest, got no octets");
  read.digest = to_bytes(digest);
  return read;
}

class TcbInfoReader {
 public:
  explicit TcbInfoReader(der::Reader sequence) : reader_(sequence) {}

  // DiceTcbInfo ::= SEQUENCE { vendor [0], model [1], version [2] UTF8String, svn [3], layer [4], index [5] INTEGER,
  //   fwids [6] FWIDLIST, flags [7] BIT STRING, vendorInfo [8], type [9] OCTET STRING, flagsMask [10] BIT STRING }, all
  // IMPLICIT and OPTIONAL
  Result<Measurement> read() {
    CHECK(text(0, read_.vendor));
    CHECK(text(1, read_.model));
    CHECK(text(2, read_.version));
    CHECK(number(3, read_.svn));
    CHECK(number(4, read_.layer));
    CHECK(number(5, read_.index));
    CHECK(firmware());
    CHECK(flags());
    for (const std::uint8_t member : kUnread) CHECK(skip(member));
    CHECK(reader_.finish());
    return std::move(read_);
  }

 private:
  Result<void> text(std::uint8_t member, std::optional<std::string>& to) {
    const Tag tag = context_tag(member, false);
    if (!reader_.next_is(tag)) return {};
    const std::size_t start = reader_.offset();
    TRY(const ByteView content, reader_.element(tag));
    if (!is_utf8(as_text(content)))
      return fail_at(Errc::malformed, start, std::format("[{}]: expected UTF-8, got other octets", member));
    to = std::string(as_text(content));
    return {};
  }

  Result<void> number(std::uint8_t member, std::optional<std::uint64_t>& to) {
    const Tag tag = context_tag(member, false);
    if (!reader_.next_is(tag)) return {};
    const std::size_t start = reader_.offset();
    TRY(const ByteView content, reader_.unsigned_integer(tag));
    to = small_number(content);
    if (!to) return fail_at(Errc::invalid_value, start, "expected a number below 2^64");
    return {};
  }

  Result<void> firmware() {
    const Tag tag = context_tag(6, true);
    if (!reader_.next_is(tag)) return {};
    TRY(der::Reader list, reader_.nested(tag));
    while (!list.at_end()) {
      if (read_.firmware.size() == kMost)
        return fail_at(Errc::too_large, list.offset(), std::format("expected at most {} FWIDs", kMost));
      TRY(FirmwareId fwid, read_fwid(list));
      read_.firmware.push_back(std::move(fwid));
    }
    return {};
  }

  // Bit 0 is the highest of the first octet (X.690 section 8.6.2).
  Result<void> flags() {
    const Tag tag = context_tag(7, false);
    if (!reader_.next_is(tag)) return {};
    const std::size_t start = reader_.offset();
    TRY(const ByteView content, reader_.element(tag));
    if (content.empty() || content.size() > 5 || content[0] > 7)
      return fail_at(Errc::malformed, start, "flags: expected a BIT STRING of at most 32 bits");
    for (std::size_t bit = 0; bit < 8 * (content.size() - 1); ++bit)
      if ((content[1 + bit / 8] & 0x80U >> bit % 8) != 0) read_.flags |= 1U << bit;
    return {};
  }

  Result<void> skip(std::uint8_t member) {
    const Tag tag = context_tag(member, false);
    if (!reader_.next_is(tag)) return {};
    TRY(const ByteView skipped, reader_.element(tag));
    static_cast<void>(skipped);
    return {};
  }

  der::Reader reader_;
  Measurement read_;
};

// CompositeDeviceID ::= SEQUENCE { version INTEGER, deviceID SubjectPublicKeyInfo, fwid FWID }
Result<Measurement> read_composite(der::Reader reader) {
  TRY(const ByteView version, reader.unsigned_integer());
  if (!equal(version, Bytes{1}))
    return fail_at(Errc::unsupported, reader.offset(), "CompositeDeviceID: expected version 1");
  Measurement read;
  TRY(const ByteView key, reader.element(Tag::sequence));
  read.device_id.emplace();
  der::append_element(*read.device_id, Tag::sequence, key);
  TRY(FirmwareId fwid, read_fwid(reader));
  read.firmware.push_back(std::move(fwid));
  CHECK(reader.finish());
  return read;
}

Result<Measurement> read_either(der::Reader& outer) {
  TRY(der::Reader sequence, outer.nested(Tag::sequence));
  if (sequence.next_is(Tag::integer)) return read_composite(sequence);
  return TcbInfoReader(sequence).read();
}

Result<std::vector<Measurement>> read_one(ByteView content) {
  der::Reader reader(content);
  TRY(Measurement measurement, read_either(reader));
  CHECK(reader.finish());
  return std::vector{std::move(measurement)};
}

Result<std::vector<Measurement>> read_sequence(ByteView content) {
  der::Reader outer(content);
  TRY(der::Reader reader, outer.nested(Tag::sequence));
  CHECK(outer.finish());
  std::vector<Measurement> measurements;
  while (!reader.at_end()) {
    if (measurements.size() == kMost)
      return fail_at(Errc::too_large, reader.offset(), std::format("expected at most {} TcbInfos", kMost));
    TRY(Measurement measurement, read_either(reader));
    measurements.push_back(std::move(measurement));
  }
  return measurements;
}

// GeneralNames { [0] { OBJECT IDENTIFIER, CompositeDeviceID } }: no otherName of RFC 5280, which has another tag around
// the value. Names of other kinds are none of ours.
Result<std::vector<Measurement>> read_alternative_name(ByteView content) {
  der::Reader outer(content);
  TRY(der::Reader names, outer.nested(Tag::sequence));
  CHECK(outer.finish());
  if (!names.next_is(context_tag(0, true))) return std::vector<Measurement>{};
  TRY(der::Reader name, names.nested(context_tag(0, true)));
  TRY(const ByteView identifier, name.element(Tag::object_identifier));
  TRY(const std::string oid, rats::oid_to_text(identifier));
  if (oid != kTcbInfo && oid != kRiot) return std::vector<Measurement>{};
  TRY(Measurement measurement, read_either(name));
  CHECK(name.finish());
  CHECK(names.finish());
  return std::vector{std::move(measurement)};
}

using Read = Result<std::vector<Measurement>> (*)(ByteView);

Result<void> append_from(const crypto::Certificate& certificate, std::string_view oid, Read read,
                         std::vector<Measurement>& to) {
  TRY(const auto content, crypto::extension(certificate, oid));
  if (!content) return {};
  auto measurements = read(*content);
  if (!measurements) return within(oid, std::move(measurements).error());
  for (Measurement& measurement : *measurements) to.push_back(std::move(measurement));
  return {};
}

}  // namespace

Result<std::vector<Measurement>> measurements_of(const crypto::Certificate& certificate) {
  std::vector<Measurement> measurements;
  CHECK(append_from(certificate, kTcbInfo, read_one, measurements));
  CHECK(append_from(certificate, kMultiTcbInfo, read_sequence, measurements));
  CHECK(append_from(certificate, kRiot, read_one, measurements));
  CHECK(append_from(certificate, kSubjectAltName, read_alternative_name, measurements));
  return measurements;
}

// DiceTcbFreshness ::= SEQUENCE { nonce OCTET STRING }
Result<std::optional<Bytes>> freshness_of(const crypto::Certificate& certificate) {
  TRY(const auto content, crypto::extension(certificate, kTcbFreshness));
  if (!content) return std::nullopt;
  der::Reader outer(*content);
  TRY(der::Reader reader, outer.nested(Tag::sequence));
  CHECK(outer.finish());
  TRY(const ByteView nonce, reader.element(Tag::octet_string));
  CHECK(reader.finish());
  return to_bytes(nonce);
}

}  // namespace credence::evidence::dice
