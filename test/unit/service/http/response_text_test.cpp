#include "service/http/response_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace credence::service::http {
namespace {

const Timestamp kNow(std::chrono::seconds(784'111'777));

TEST(ResponseText, IsOneHeader) {
  const Response response{.status = kCreated, .headers = {{"Location", "session/1"}}, .body = "{}"};
  EXPECT_EQ(header_text(response, {}, kNow),
            "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: session/1\r\n"
            "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(header_text({.status = kNoContent}, {.keep_alive = false, .framing = Framing::none}, kNow),
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(header_text({}, {.version = 10, .framing = Framing::until_close}, kNow),
            "HTTP/1.0 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(header_text({}, {.framing = Framing::chunked}, kNow).find("Transfer-Encoding: chunked\r\n"),
            std::string::npos);
}

TEST(ResponseText, FollowsTheClock) {
  EXPECT_NE(header_text({}, {}, kNow).find("08:49:37"), std::string::npos);
  EXPECT_NE(header_text({}, {}, kNow + std::chrono::milliseconds(999)).find("08:49:37"), std::string::npos);
  EXPECT_NE(header_text({}, {}, kNow + std::chrono::milliseconds(1'000)).find("08:49:38"), std::string::npos);
}

// Response splitting: a value with a line break would write fields, or a whole response, of its own.
TEST(ResponseText, TakesNoLineBreakInAField) {
  EXPECT_THROW((void)header_text({.headers = {{"A", "b\r\nC: d"}}}, {}, kNow), std::logic_error);
  EXPECT_THROW((void)header_text({.headers = {{"A", "b\r"}}}, {}, kNow), std::logic_error);
  EXPECT_THROW((void)header_text({.headers = {{"A", "\nb"}}}, {}, kNow), std::logic_error);
  EXPECT_THROW((void)header_text({.headers = {{"A\n", "b"}}}, {}, kNow), std::logic_error);
  EXPECT_NO_THROW((void)header_text({.headers = {{"A", "b: c"}}}, {}, kNow));
  EXPECT_THROW((void)header_text({.headers = {{"A:", "b"}}}, {}, kNow), std::logic_error);
}

TEST(ResponseText, MakesChunks) {
  EXPECT_EQ(chunk_text(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
}  // namespace credence::service::http
