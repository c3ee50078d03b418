#include "service/access/access.h"

#include <algorithm>
#include <format>

#include "service/access/local_caller.h"
#include "service/http/problem.h"

namespace credence::service::access {
namespace {

Refusal forbidden(std::string_view who, std::string_view reason) {
  return {.response = http::problem(http::kForbidden, reason), .who = std::string(who), .reason = std::string(reason)};
}

}  // namespace

// What anybody may do is not taken from those who say who they are.
bool Access::is_permitted(Roles roles, const Permission& permission) const noexcept {
  return permission.everybody || roles.intersects(permission.roles) || parts_.anonymous.intersects(permission.roles);
}

bool Access::is_slow(const http::Request& request) const {
  return std::ranges::any_of(parts_.methods, [&](const auto& method) { return method->is_slow(request); });
}

// Of two methods with one scheme (tokens, JWTs) either may know the credential; a refusal by one is none by the other.
Result<std::optional<Principal>> Access::identify(const http::Request& request) const {
  std::optional<Error> refusal;
  for (const auto& method : parts_.methods) {
    auto principal = method->identify(request);
    if (principal && *principal) return principal;
    if (!principal) refusal = std::move(principal).error();
  }
  // Whoever means to be somebody is not served as nobody: its request could be meant for another tenant.
  if (refusal) return std::unexpected(*std::move(refusal));
  const bool has_credential = !request.list_header("Authorization").empty();
  if (has_credential && !parts_.methods.empty())
    return fail(Errc::unauthorized, "no credential of this kind is taken here");
  return std::nullopt;
}

Refusal Access::unauthorized(std::string_view reason) const {
  Refusal refusal{.response = http::problem(http::kUnauthorized, reason), .who = {}, .reason = std::string(reason)};
  bool challenged = false;
  for (const auto& method : parts_.methods) {
    std::string challenge = method->challenge();
    const bool is_new = std::ranges::none_of(refusal.response.headers, [&](const auto& header) {
      return header.second == challenge;  // tokens and JWTs have the same one
    });
    if (challenge.empty() || !is_new) continue;
    refusal.response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
    challenged = true;
  }
  // Client certificates are asked for below HTTP: no request header would help, and a 401 would promise one.
  return challenged ? refusal : forbidden({}, reason);
}

// Guessing is slowed down by the place it comes from. A good credential is still taken from there: else one guesser
// behind a shared address would lock out the others.
Refusal Access::not_good(const http::Request& request, std::string_view reason) const {
  const auto wait = parts_.failures ? parts_.failures->take(request.client) : std::nullopt;
  if (!wait) return unauthorized(reason);
  constexpr std::string_view kReason = "too many credentials that were not good came from this address";
  Refusal refusal{
      .response = http::problem(http::kTooManyRequests, kReason), .who = {}, .reason = std::string(kReason)};
  refusal.response.headers.emplace_back("Retry-After", std::to_string(wait->count()));
  return refusal;
}

std::expected<Principal, Refusal> Access::admit_anonymous(const http::Request& request,
                                                          const Permission& permission) const {
  if (is_permitted(parts_.anonymous, permission))
    return Principal{.name = "anonymous", .roles = parts_.anonymous, .is_known = false};
  if (!parts_.methods.empty()) return std::unexpected(unauthorized("this resource needs a credential, and got none"));
  if (!parts_.open_to_local_callers) {
    return std::unexpected(forbidden({},
                                     "this resource is closed: nobody is configured who may use it. The verifier's "
                                     "--provisioning-token and --access say who may"));
  }
  if (const auto local = check_local_caller(request); !local)
    return std::unexpected(forbidden({}, local.error().text()));
  return Principal{.name = "local", .roles = Roles::all(), .is_known = false};
}

std::expected<Principal, Refusal> Access::admit(const http::Request& request, const Permission& permission) const {
  auto identified = identify(request);
  if (!identified) {
    const Error& error = identified.error();
    if (error.code == Errc::unauthorized) return std::unexpected(not_good(request, error.text()));
    return std::unexpected(Refusal{.response = http::problem(error), .who = {}, .reason = error.text()});
  }
  if (!*identified) return admit_anonymous(request, permission);
  Principal principal = **std::move(identified);
  if (is_permitted(principal.roles, permission)) return principal;
  return std::unexpected(forbidden(
      principal.name, std::format("this resource is for the roles {}; the caller has {}", permission.roles.text(),
                                  principal.roles.empty() ? "none" : principal.roles.text())));
}

}  // namespace credence::service::access
