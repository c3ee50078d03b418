// docs/openapi.json against the routes of the verifier: what one has and the other lacks is listed here.
#include "service/verifier/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "service/access/access.h"
#include "service/verifier/operation.h"
#include "service/verifier/server.h"
#include "support/temporary_directory.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

json::Object document() { return json::parse(openapi_document(), {.bytes = 1 << 20, .depth = 64}).value().as_object(); }

// "/a/{session}/b" as the router has it: "/a/{}/b".
std::string pattern_of(std::string_view path) {
  std::string pattern;
  bool inside = false;
  for (const char c : path) {
    if (c == '}') inside = false;
    if (!inside) pattern += c;
    if (c == '{') inside = true;
  }
  return pattern;
}

// "POST /a/{}/b": what the document says of an operation.
std::map<std::string, json::Object> documented_operations() {
  std::map<std::string, json::Object> operations;
  const json::Object all = document();
  for (const auto& [path, item] : all.at("paths").as_object())
    for (const auto& [method, operation] : item.as_object())
      if (method != "parameters") {
        std::string name(method);
        for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
        operations.emplace(name + " " + pattern_of(path), operation.as_object());
      }
  return operations;
}

// The credentials that are taken, and whether none is.
struct Security {
  std::set<std::string> credentials;
  bool none = false;
};
Security security_of(const json::Object& operation) {
  Security security;
  const json::Value* const alternatives = operation.if_contains("security");
  if (alternatives == nullptr) return {.credentials = {}, .none = true};
  for (const json::Value& alternative : alternatives->as_array()) {
    if (alternative.as_object().empty()) security.none = true;
    for (const auto& [name, scopes] : alternative.as_object()) security.credentials.insert(name);
  }
  return security;
}

std::set<std::string> served_routes() {
  const test::TemporaryDirectory directory;
  VerifierOptions options;
  options.insecure_http = true;
  options.keys.signing_key = directory.path() / "ear.pem";
  const auto server = VerifierServer::start(options, no_log()).value();
  std::set<std::string> routes;
  for (const http::Route& route : server->router()->routes())
    routes.insert(std::string(http::name(route.method)) + " " + route.pattern);
  return routes;
}

std::set<std::string> without(std::set<std::string> all, const std::set<std::string>& some) {
  for (const std::string& one : some) all.erase(one);
  return all;
}

TEST(OpenApi, HasEveryRouteOfTheVerifierAndNoOther) {
  std::set<std::string> documented;
  for (const auto& [route, operation] : documented_operations()) documented.insert(route);
  const auto served = served_routes();
  EXPECT_THAT(without(served, documented), testing::IsEmpty()) << "served, and not in docs/openapi.json";
  EXPECT_THAT(without(documented, served), testing::IsEmpty()) << "in docs/openapi.json, and not served";
}

// Against the table: who may call it by default, and what may stand in the way of whoever may.
TEST(OpenApi, SaysWhoMayCallEachOperation) {
  const auto documented = documented_operations();
  const access::Roles anonymous = access::Access::Parts{}.anonymous;
  for (const OperationRow& row : operations()) {
    SCOPED_TRACE(row.name);
    const auto found = documented.find(std::string(http::name(row.method)) + " " + std::string(row.pattern));
    ASSERT_NE(found, documented.end());
    const json::Object& responses = found->second.at("responses").as_object();
    const Security security = security_of(found->second);
    EXPECT_TRUE(responses.contains("401"));  // a credential that is not good is refused everywhere
    EXPECT_TRUE(responses.contains("429"));
    EXPECT_TRUE(responses.contains("503"));
    EXPECT_EQ(responses.contains("403"), !row.permission.everybody);
    EXPECT_EQ(security.none, row.permission.everybody || row.permission.roles.intersects(anonymous));
    EXPECT_EQ(security.credentials, row.permission.everybody ? std::set<std::string>{}
                                                             : (std::set<std::string>{"basic", "bearer", "mutualTLS"}));
  }
}

TEST(OpenApi, HasTheSecuritySchemesThatItNames) {
  const json::Object all = document();
  const json::Object& schemes = all.at("components").as_object().at("securitySchemes").as_object();
  EXPECT_EQ(schemes.at("bearer").as_object().at("scheme").as_string(), "bearer");
  EXPECT_EQ(schemes.at("basic").as_object().at("scheme").as_string(), "basic");
  EXPECT_EQ(schemes.at("mutualTLS").as_object().at("type").as_string(), "mutualTLS");
  for (const auto& [route, operation] : documented_operations())
    for (const std::string& name : security_of(operation).credentials) EXPECT_TRUE(schemes.contains(name)) << route;
}

TEST(OpenApi, RefersOnlyToWhatItHas) {
  const json::Object all = document();
  std::size_t references = 0;
  const std::function<void(const json::Value&)> visit = [&](const json::Value& value) {
    if (const auto* array = value.if_array())
      for (const json::Value& item : *array) visit(item);
    const auto* object = value.if_object();
    if (object == nullptr) return;
    for (const auto& [name, member] : *object) {
      visit(member);
      if (name != "$ref") continue;
      ++references;
      const std::string reference(member.as_string());
      ASSERT_TRUE(reference.starts_with("#/")) << reference;
      boost::system::error_code missing;
      EXPECT_NE(json::Value(all).find_pointer(reference.substr(1), missing), nullptr) << reference;
    }
  };
  visit(all);
  EXPECT_GT(references, 100U);
}

TEST(OpenApi, NamesEachOperationOnceAndAllItsParameters) {
  std::set<std::string> names;
  const json::Object all = document();
  for (const auto& [path, item] : all.at("paths").as_object()) {
    const std::string_view text(path);
    EXPECT_EQ(text.contains('{'), item.as_object().contains("parameters")) << text;
    for (const auto& [method, operation] : item.as_object()) {
      if (method == "parameters") continue;
      const std::string name(operation.as_object().at("operationId").as_string());
      EXPECT_TRUE(names.insert(name).second) << name << " is the name of two operations";
      EXPECT_FALSE(operation.as_object().at("responses").as_object().empty()) << name;
    }
  }
}

}  // namespace
}  // namespace credence::service
