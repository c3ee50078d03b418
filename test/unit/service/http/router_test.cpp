#include "service/http/router.h"

#include <gtest/gtest.h>

#include "service/http/date.h"
#include "service/http/problem.h"

namespace credence::service::http {
namespace {

Request make_request(Method method, std::string_view target) {
  Request request;
  request.method = method;
  request.target = parse_target(target).value();
  return request;
}

Router example() {
  Router router;
  router.add(Method::get, "/things/{}", 0, [](const Request& request) {
    return Response{.status = kOk, .body = "got " + request.path_parameters.at(0)};
  });
  router.add(Method::remove, "/things/{}", 0, [](const Request&) { return Response{.status = kNoContent}; });
  router.add(
      Method::post, "/things", 4, [](const Request&) { return Response{.status = kCreated}; },
      [](const Request& request) -> std::optional<Response> {
        if (request.target.parameter("key").value() == "right") return std::nullopt;
        return problem(kForbidden, "wrong key");
      });
  return router;
}

TEST(Router, FindsTheHandlerAndItsParameters) {
  const Router router = example();
  EXPECT_EQ(router.handle(make_request(Method::get, "/things/7")).body, "got 7");
  EXPECT_EQ(router.handle(make_request(Method::head, "/things/7")).status, kOk);
  EXPECT_EQ(router.handle(make_request(Method::remove, "/things/7")).status, kNoContent);
}

TEST(Router, KeepsTheParametersInTheirOrderAndTheRequestOtherwise) {
  Router router;
  router.add(Method::get, "/{}/of/{}", 0, [](Request&) { return Response{}; });
  Request request = make_request(Method::get, "/things/of/anna?key=right");
  EXPECT_TRUE(std::holds_alternative<const Route*>(router.find(request)));
  EXPECT_EQ(request.path_parameters, (std::vector<std::string>{"things", "anna"}));
  EXPECT_EQ(request.target.parameter("key").value(), "right");
  Request other = make_request(Method::get, "/things/at/anna");  // its last segment would fit
  EXPECT_TRUE(std::holds_alternative<Router::NotFound>(router.find(other)));
  EXPECT_EQ(other.target.segments, (std::vector<std::string>{"things", "at", "anna"}));
}

TEST(Router, LetsAHandlerTakeTheBody) {
  Router router;
  Bytes taken;
  router.add(Method::post, "/things", 4, [&](Request& request) {
    taken = std::move(request.body);
    return Response{};
  });
  Request request = make_request(Method::post, "/things");
  request.body = Bytes{1, 2};
  EXPECT_EQ(router.handle(std::move(request)).status, kOk);
  EXPECT_EQ(taken, (Bytes{1, 2}));
}

TEST(Router, TellsUnknownPathsFromUnknownMethods) {
  const Router router = example();
  EXPECT_EQ(router.handle(make_request(Method::get, "/things/7/8")).status, kNotFound);
  EXPECT_EQ(router.handle(make_request(Method::get, "/")).status, kNotFound);
  const Response refused = router.handle(make_request(Method::post, "/things/7"));
  EXPECT_EQ(refused.status, kMethodNotAllowed);
  EXPECT_EQ(refused.headers.back(), (std::pair<std::string, std::string>("Allow", "GET, DELETE")));
}

TEST(Router, AsksTheGuardBeforeAnythingElse) {
  const Router router = example();
  Request request = make_request(Method::post, "/things?key=wrong");
  request.body = Bytes(5);
  EXPECT_EQ(router.handle(request).status, kForbidden);
  request.target = parse_target("/things?key=right").value();
  EXPECT_EQ(router.handle(request).status, kContentTooLarge);
  request.body = Bytes(4);
  EXPECT_EQ(router.handle(request).status, kCreated);
}

TEST(Problem, IsRfc7807) {
  const Response response = problem(Error{.code = Errc::not_found, .why = "no such \"thing\""});
  EXPECT_EQ(response.status, kNotFound);
  EXPECT_EQ(response.headers.front().second, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"not_found: no such \"thing\""})");
}

TEST(Problem, KeepsTheServicesOwnTroublesToItself) {
  const Response response = problem(Error{.code = Errc::internal, .why = "key file is on fire"});
  EXPECT_EQ(response.status, kInternalServerError);
  EXPECT_EQ(response.body.find("fire"), std::string::npos);
}

TEST(Problem, HasTheHeadersThatItsStatusDemands) {
  EXPECT_EQ(problem(kServiceUnavailable, "").headers.back().first, "Retry-After");
}

TEST(Date, IsImfFixdate) {  // the example of RFC 9110 section 5.6.7
  EXPECT_EQ(to_imf_fixdate(Timestamp(std::chrono::seconds(784'111'777))), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Request, RefusesAHeaderThatIsGivenTwice) {
  Request request;
  request.headers = {{"Content-Type", "a/b"}, {"content-type", "c/d"}, {"Accept", "x"}, {"ACCEPT", "y"}};
  EXPECT_EQ(request.header("Content-Type").error().code, Errc::malformed);
  EXPECT_EQ(request.header("Host").value(), std::nullopt);
  EXPECT_EQ(request.list_header("Accept"), "x, y");
}

}  // namespace
}  // namespace credence::service::http
