#include "service/access/bcrypt.h"

#include <crypt.h>

#include <format>
#include <memory>

#include "base/secret.h"

namespace credence::service::access {
namespace {

constexpr std::size_t kHashSize = 60;
constexpr std::size_t kMostPassword = 72;
constexpr unsigned kLeastCost = 10, kMostCost = 14;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

Result<void> check_bcrypt_hash(std::string_view hash) {
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bool has_form = hash.size() == kHashSize && hash.starts_with("$2") &&
                        std::string_view("aby").contains(hash[2]) && hash[3] == '$' && is_digit(hash[4]) &&
                        is_digit(hash[5]) && hash[6] == '$' &&
                        hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
  if (!has_form)
    return fail(Errc::invalid_value, "expected $2b$, the cost, $ and 53 characters, as htpasswd -B makes it");
  const auto cost = static_cast<unsigned>((hash[4] - '0') * 10 + (hash[5] - '0'));
  if (cost < kLeastCost || cost > kMostCost)
    return fail(Errc::invalid_value, std::format("expected a cost of {} to {}, got {}", kLeastCost, kMostCost, cost));
  return {};
}

bool is_password_of(std::string_view password, const std::string& hash) {
  if (password.size() > kMostPassword || password.contains('\0')) return false;
  SecretBytes phrase(password.size() + 1);
  std::ranges::copy(as_bytes(password), phrase.octets().begin());
  phrase.octets().back() = 0;
  SecretBytes scratch(sizeof(crypt_data));  // has the password in it afterwards
  const char* const made = ::crypt_rn(reinterpret_cast<const char*>(phrase.view().data()), hash.c_str(),
                                      scratch.octets().data(), static_cast<int>(scratch.size()));
  return made != nullptr && constant_time_equal(as_bytes(made), as_bytes(hash));
}

}  // namespace credence::service::access
