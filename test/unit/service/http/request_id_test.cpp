#include "service/http/request_id.h"

#include <gtest/gtest.h>

#include <string>

#include "service/http/problem.h"
#include "wire/json/json.h"

namespace credence::service::http {
namespace {

Request with_id(std::string id) {
  Request request;
  request.headers.emplace_back("x-request-id", std::move(id));
  return request;
}

TEST(RequestIds, TakesTheClientsNameWhenItIsHarmless) {
  RequestIds ids("p");
  for (const char* good : {"a", "0af7651916cd43dd8448eb211c80319c", "Req_1.2-3"})
    EXPECT_EQ(ids.id_of(with_id(good)), good);
  EXPECT_EQ(ids.id_of(with_id(std::string(64, 'x'))), std::string(64, 'x'));
}

TEST(RequestIds, MakesItsOwnInsteadOfWhatCouldForgeALineOrFillALog) {
  RequestIds ids("p");
  for (const std::string& bad :
       {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a\"b"), std::string("a/b"),
        std::string("a:b"), std::string("\xc3\xa9"), std::string("a\x1b[2J")})
    EXPECT_TRUE(ids.id_of(with_id(bad)).starts_with("p-")) << bad;
  Request twice = with_id("a");
  twice.headers.emplace_back("X-Request-Id", "b");
  EXPECT_TRUE(ids.id_of(twice).starts_with("p-"));
}

TEST(RequestIds, NeverMakesOneTwice) {
  RequestIds ids("p");
  EXPECT_EQ(ids.make(), "p-1");
  EXPECT_EQ(ids.id_of({}), "p-2");
  for (int i = 3; i < 0x1f; ++i) EXPECT_NE(ids.make(), "p-1f");
  EXPECT_EQ(ids.make(), "p-1f");
}

TEST(RequestScope, NamesTheRequestInProblemDetailsAndOnlyMeanwhile) {
  const auto instance = [] {
    const auto body = json::parse(problem(kNotFound, "no").body).value();
    const auto* member = body.as_object().if_contains("instance");
    return member != nullptr ? std::string(member->as_string()) : std::string("none");
  };
  EXPECT_EQ(instance(), "none");
  {
    const RequestScope scope("p-7");
    EXPECT_EQ(RequestScope::current(), "p-7");
    EXPECT_EQ(instance(), "p-7");
  }
  EXPECT_EQ(instance(), "none");
}

}  // namespace
}  // namespace credence::service::http
