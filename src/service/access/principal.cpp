#include "service/access/principal.h"

#include <array>
#include <utility>

namespace credence::service::access {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kNames{{{Role::relying_party, "relying-party"},
                                                                   {Role::provisioner, "provisioner"},
                                                                   {Role::manager, "manager"},
                                                                   {Role::reader, "reader"},
                                                                   {Role::auditor, "auditor"}}};

}  // namespace

std::string_view name(Role role) noexcept {
  for (const auto& [known, text] : kNames)
    if (known == role) return text;
  return "none";
}

std::optional<Role> role_from_name(std::string_view name) noexcept {
  for (const auto& [role, text] : kNames)
    if (text == name) return role;
  return std::nullopt;
}

std::string Roles::text() const {
  std::string list;
  for (const auto& [role, name] : kNames) {
    if (!contains(role)) continue;
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace credence::service::access
