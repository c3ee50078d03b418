// Who calls, and what for: the roles of the verifier's API (docs/verifier-api.md, "Who may do what").
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace credence::service::access {

// RFC 9334's names where it has one. A principal may have several; none contains another.
enum class Role : std::uint8_t { relying_party, provisioner, manager, reader, auditor };

[[nodiscard]] std::string_view name(Role role) noexcept;  // "relying-party"
[[nodiscard]] std::optional<Role> role_from_name(std::string_view name) noexcept;

class Roles {
 public:
  constexpr Roles() = default;
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const Role role : roles) add(role);
  }
  [[nodiscard]] static constexpr Roles all() {
    return {Role::relying_party, Role::provisioner, Role::manager, Role::reader, Role::auditor};
  }

  constexpr void add(Role role) noexcept { bits_ |= bit(role); }
  [[nodiscard]] constexpr bool contains(Role role) const noexcept { return (bits_ & bit(role)) != 0; }
  [[nodiscard]] constexpr bool intersects(Roles other) const noexcept { return (bits_ & other.bits_) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] std::string text() const;  // "provisioner, reader"
  friend bool operator==(const Roles&, const Roles&) = default;

 private:
  [[nodiscard]] static constexpr std::uint8_t bit(Role role) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(role));
  }
  std::uint8_t bits_ = 0;
};

// The tenant of everybody who is not said to be of another.
inline constexpr std::string_view kDefaultTenant = "default";

struct Principal {
  std::string name{};  // as configured, or as the identity provider calls it: for logs, never a secret
  Roles roles{};
  std::string tenant{kDefaultTenant};
  bool is_known = true;  // false: anybody, named after how it came
};

}  // namespace credence::service::access
