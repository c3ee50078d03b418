#include "service/verifier/session_token.h"

#include <functional>
#include <type_traits>

#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::service {
namespace {

// The items of an array: each is there, and none is left.
class Items {
 public:
  static Result<Items> of(cbor::Reader& reader) {
    TRY(cbor::Reader::Array array, reader.array());
    return Items(reader, array);
  }

  template <typename Read>
  std::invoke_result_t<Read, cbor::Reader&> next(Read read) {
    TRY(const bool more, array_.next(*reader_));
    if (!more) return fail(Errc::missing_member, "a session token: expected more items");
    return std::invoke(read, *reader_);
  }
  Result<Timestamp> time() {
    TRY(const std::int64_t since_1970, next(&cbor::Reader::integer));
    return Timestamp(std::chrono::milliseconds(since_1970));
  }
  Result<void> finish() {
    TRY(const bool more, array_.next(*reader_));
    if (more) return fail(Errc::trailing_bytes, "a session token: expected fewer items");
    return reader_->finish();
  }

 private:
  Items(cbor::Reader& reader, cbor::Reader::Array array) : reader_(&reader), array_(array) {}
  cbor::Reader* reader_;
  cbor::Reader::Array array_;
};

Result<std::vector<std::pair<std::string, std::string>>> read_asked(cbor::Reader& reader) {
  std::vector<std::pair<std::string, std::string>> asked;
  TRY(cbor::Reader::Array array, reader.array());
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) return asked;
    TRY(const std::string_view name, reader.text());
    TRY(const bool has_value, array.next(reader));
    if (!has_value) return fail(Errc::missing_member, "a session token: expected a value for each name");
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
  TRY(Items items, Items::of(reader));
  SessionToken token;
  TRY(const ByteView nonce, items.next(&cbor::Reader::bytes));
  token.nonce = Nonce(nonce);
  TRY(token.own_nonce, items.next(&cbor::Reader::boolean));
  TRY(token.created, items.time());
  TRY(token.expiry, items.time());
  TRY(token.asked, items.next(read_asked));
  CHECK(items.finish());
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
  TRY(Items items, Items::of(reader));
  SubmissionToken token;
  TRY(const std::string_view corim, items.next(&cbor::Reader::text));
  token.corim = corim;
  TRY(token.created, items.time());
  TRY(token.expiry, items.time());
  CHECK(items.finish());
  return token;
}

}  // namespace credence::service
