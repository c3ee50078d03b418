#include "service/verifier/session_token.h"

#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::service {
namespace {

Result<Timestamp> read_time(cbor::Reader& reader) {
  TRY(const std::int64_t since_1970, reader.integer());
  return Timestamp(std::chrono::milliseconds(since_1970));
}

Result<void> expect_item(cbor::Reader& reader, cbor::Reader::Array& array) {
  TRY(const bool more, array.next(reader));
  if (more) return {};
  return fail(Errc::missing_member, "a session token: expected more items");
}

// That there are no more.
Result<void> expect_end(cbor::Reader& reader, cbor::Reader::Array& array) {
  TRY(const bool more, array.next(reader));
  if (more) return fail(Errc::trailing_bytes, "a session token: expected fewer items");
  return reader.finish();
}

Result<std::vector<std::pair<std::string, std::string>>> read_asked(cbor::Reader& reader) {
  std::vector<std::pair<std::string, std::string>> asked;
  TRY(cbor::Reader::Array array, reader.array());
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) return asked;
    TRY(const std::string_view name, reader.text());
    CHECK(expect_item(reader, array));
    TRY(const std::string_view value, reader.text());
    asked.emplace_back(name, value);
  }
}

}  // namespace

Bytes encode_session_token(const SessionToken& token) {
  cbor::Writer writer;
  writer.array(5).bytes(token.nonce.view()).boolean(token.own_nonce);
  writer.integer(token.created.time_since_epoch().count()).integer(token.expiry.time_since_epoch().count());
  writer.array(2 * token.asked.size());
  for (const auto& [name, value] : token.asked) writer.text(name).text(value);
  return writer.take();
}

Result<SessionToken> decode_session_token(ByteView octets) {
  cbor::Reader reader(octets);
  SessionToken token;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array));
  TRY(const ByteView nonce, reader.bytes());
  token.nonce = Nonce(nonce);
  CHECK(expect_item(reader, array));
  TRY(token.own_nonce, reader.boolean());
  CHECK(expect_item(reader, array));
  TRY(token.created, read_time(reader));
  CHECK(expect_item(reader, array));
  TRY(token.expiry, read_time(reader));
  CHECK(expect_item(reader, array));
  TRY(token.asked, read_asked(reader));
  CHECK(expect_end(reader, array));
  return token;
}

Bytes encode_submission_token(const SubmissionToken& token) {
  cbor::Writer writer;
  writer.array(3).text(token.corim);
  writer.integer(token.created.time_since_epoch().count()).integer(token.expiry.time_since_epoch().count());
  return writer.take();
}

Result<SubmissionToken> decode_submission_token(ByteView octets) {
  cbor::Reader reader(octets);
  SubmissionToken token;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array));
  TRY(const std::string_view corim, reader.text());
  token.corim = corim;
  CHECK(expect_item(reader, array));
  TRY(token.created, read_time(reader));
  CHECK(expect_item(reader, array));
  TRY(token.expiry, read_time(reader));
  CHECK(expect_end(reader, array));
  return token;
}

}  // namespace credence::service
