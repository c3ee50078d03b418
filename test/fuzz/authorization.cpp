// The Authorization header, by every method that reads it, and the claims of a token whose signature is good. The input
// is the header's value; what begins with "{" is claims too.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/random.h"
#include "service/access/access.h"
#include "service/access/basic.h"
#include "service/access/bearer_token.h"
#include "service/access/jwt.h"
#include "sign/jose/jwk.h"
#include "wire/json/json.h"

namespace credence::service::access {
namespace {

struct Everything {
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'700'000'000)));
  OidcConfig config{.issuer = "https://id.example", .audience = "verifier"};
  std::shared_ptr<RateLimit> none = std::make_shared<RateLimit>(Rate{.per_second = 1e-9, .burst = 0}, clock);
  Access access;

  Everything() : access(parts()) {}

 private:
  [[nodiscard]] Access::Parts parts() const {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    json::Object jwk = jose::jwk_from_key(key.public_key()).value();
    jwk["kid"] = "k1";
    const std::string set = json::to_text(json::Object{{"keys", json::Array{std::move(jwk)}}});
    auto keys = std::make_shared<Jwks>([set]() -> Result<std::string> { return set; }, clock);
    // Without a failure left no password is hashed: bcrypt would be all that is fuzzed.
    auto users = BasicUsers::make({.users = {{.principal = {.name = "anna"}, .bcrypt = std::string(60, 'a')}},
                                   .failures = none,
                                   .clock = clock},
                                  *crypto::system_random())
                     .value();
    Access::Parts made{.methods = {std::make_shared<const BearerTokens>(std::vector<BearerTokens::Entry>{}),
                                   std::make_shared<const JwtBearer>(config, std::move(keys), clock),
                                   std::shared_ptr<const Method>(std::move(users))}};
    return made;
  }
};

}  // namespace
}  // namespace credence::service::access

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence::service;
  static const access::Everything everything;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::Request request;
  request.headers.emplace_back("Authorization", text);
  (void)everything.access.is_slow(request);
  // Nobody has a credential that is good, so whatever is presented, nobody is let in.
  const auto admitted = everything.access.admit(request, {.roles = {access::Role::provisioner}});
  if (admitted) std::abort();
  const unsigned status = admitted.error().response.status;
  if (status < 400 || status >= 500) std::abort();
  const auto claims = access::principal_from_claims(text, everything.config, everything.clock->now());
  if (!claims && claims.error().code != credence::Errc::unauthorized) std::abort();
  return 0;
}
