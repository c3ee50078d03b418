#include "service/verifier/session_token.h"

#include <gtest/gtest.h>

#include "support/refusal.h"
#include "wire/cbor/writer.h"

namespace credence::service {
namespace {

SessionToken example() {
  return {.nonce = Nonce(Bytes(32, 0x5a)),
          .own_nonce = true,
          .created = Timestamp(std::chrono::milliseconds(1'700'000'000'123)),
          .expiry = Timestamp(std::chrono::milliseconds(1'700'000'150'123)),
          .asked = {{"audience", "a b"}, {"x", "1"}, {"x", "2"}}};
}

TEST(SessionToken, SurvivesItsEncoding) {
  const SessionToken token = example();
  const SessionToken read = decode_session_token(encode_session_token(token)).value();
  EXPECT_EQ(read.nonce, token.nonce);
  EXPECT_EQ(read.own_nonce, token.own_nonce);
  EXPECT_EQ(read.created, token.created);
  EXPECT_EQ(read.expiry, token.expiry);
  EXPECT_EQ(read.asked, token.asked);
}

TEST(SessionToken, IsReadWholeOrNotAtAll) {
  Bytes octets = encode_session_token(example());
  for (std::size_t size = 0; size < octets.size(); ++size)
    EXPECT_FALSE(decode_session_token(ByteView(octets).first(size))) << size;
  octets.push_back(0);
  EXPECT_EQ(decode_session_token(octets).error().code, Errc::trailing_bytes);
}

TEST(SessionToken, HasJustItsItems) {
  const auto octets_of = [](std::size_t items, std::size_t asked) {
    cbor::Writer writer;
    writer.array(items).bytes(Bytes(32, 0x5a)).boolean(true).integer(1).integer(2);
    if (items > 4) writer.array(asked);
    for (std::size_t i = 0; items > 4 && i < asked; ++i) writer.text("x");
    if (items > 5) writer.integer(3);
    return writer.take();
  };
  EXPECT_TRUE(decode_session_token(octets_of(5, 2)));
  test::expect_refused(decode_session_token(octets_of(4, 0)), Errc::missing_member, "expected more items");
  test::expect_refused(decode_session_token(octets_of(6, 2)), Errc::trailing_bytes, "expected fewer items");
  test::expect_refused(decode_session_token(octets_of(5, 3)), Errc::missing_member, "expected a value for each name");
}

TEST(SubmissionToken, SurvivesItsEncodingWholeOrNotAtAll) {
  const SubmissionToken token{.corim = std::string(64, 'a'),
                              .created = Timestamp(std::chrono::milliseconds(1'700'000'000'123)),
                              .expiry = Timestamp(std::chrono::milliseconds(1'700'000'960'123))};
  const Bytes octets = encode_submission_token(token);
  const SubmissionToken read = decode_submission_token(octets).value();
  EXPECT_EQ(read.corim, token.corim);
  EXPECT_EQ(read.created, token.created);
  EXPECT_EQ(read.expiry, token.expiry);
  test::expect_exact_length(octets, decode_submission_token);
  test::expect_refused(decode_submission_token(encode_session_token(example())), Errc::unexpected_type, "");
}

}  // namespace
}  // namespace credence::service
