#include "service/access/basic.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/access/bcrypt.h"

namespace credence::service::access {
namespace {

constexpr std::size_t kKeyOctets = 32;

// base64(name ":" password), decoded; nothing when the request has another scheme or none.
Result<std::optional<SecretBytes>> credential_of(const http::Request& request) {
  constexpr std::string_view kScheme = "Basic ";
  TRY(const auto header, request.header("Authorization"));
  if (!header || !http::same_ignoring_case(header->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  auto decoded = from_base64(header->substr(kScheme.size()));
  if (!decoded) return fail(Errc::unauthorized, "expected base64 of name:password behind Basic");
  SecretBytes credential{ByteView(*decoded)};
  cleanse(*decoded);
  return credential;
}

}  // namespace

Result<std::unique_ptr<BasicUsers>> BasicUsers::make(Parts parts, const Random& random) {
  SecretBytes key(kKeyOctets);
  CHECK(random.fill(key.octets()));
  return std::unique_ptr<BasicUsers>(new BasicUsers(std::move(parts), std::move(key)));
}

Result<std::string> BasicUsers::digest_of(ByteView credential) const {
  TRY(const crypto::Digest digest, crypto::hmac(crypto::HashAlgorithm::sha256, key_.view(), credential));
  return std::string(as_text(digest.view()));
}

std::optional<Principal> BasicUsers::remembered(const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(digest);
  if (found == known_.end() || found->second.until <= parts_.clock->now()) return std::nullopt;
  return found->second.user->principal;
}

void BasicUsers::remember(std::string digest, const UserConfig& user) const {
  const Timestamp now = parts_.clock->now();
  const std::lock_guard lock(mutex_);
  if (known_.size() >= parts_.most_remembered) {
    std::erase_if(known_, [now](const auto& entry) { return entry.second.until <= now; });
    if (known_.size() >= parts_.most_remembered) known_.clear();
  }
  known_.insert_or_assign(std::move(digest), Known{.user = &user, .until = now + parts_.memory});
}

// An unknown name costs what a known one costs: else the time would tell which names there are.
const UserConfig* BasicUsers::check(std::string_view name, std::string_view password) const {
  const auto user = std::ranges::find(parts_.users, name,
                                      [](const UserConfig& known) -> std::string_view { return known.principal.name; });
  const bool is_known = user != parts_.users.end();
  const bool is_right = is_password_of(password, is_known ? user->bcrypt : parts_.users.front().bcrypt);
  return is_known && is_right ? &*user : nullptr;
}

bool BasicUsers::is_slow(const http::Request& request) const {
  const auto credential = credential_of(request);
  if (!credential || !*credential) return false;
  const auto digest = digest_of((*credential)->view());
  return digest && !remembered(*digest) && !parts_.failures->wait(request.client);
}

Result<std::optional<Principal>> BasicUsers::identify(const http::Request& request) const {
  TRY(const auto credential, credential_of(request));
  if (!credential) return std::nullopt;
  TRY(std::string digest, digest_of(credential->view()));
  if (auto principal = remembered(digest)) return principal;
  if (parts_.failures->wait(request.client))
    return fail(Errc::unauthorized, "too many credentials that were not good came from this address");
  const std::string_view text = as_text(credential->view());
  const std::size_t colon = text.find(':');
  const UserConfig* const user =
      colon == std::string_view::npos ? nullptr : check(text.substr(0, colon), text.substr(colon + 1));
  if (user == nullptr) return fail(Errc::unauthorized, "name and password are not those of a user");
  remember(std::move(digest), *user);
  return user->principal;
}

}  // namespace credence::service::access
