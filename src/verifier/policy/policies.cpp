#include "verifier/policy/policies.h"

#include <algorithm>
#include <array>
#include <format>
#include <mutex>
#include <utility>

#include "rats/corim/uuid.h"
#include "verifier/scheme/scheme.h"
#include "wire/utf8.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

constexpr std::size_t kMostVersions = 1'000;  // of one scheme
constexpr std::size_t kMostName = 100;        // octets

Result<void> check_scheme(std::string_view name) {
  for (const Scheme* scheme : schemes())
    if (scheme->name() == name) return {};
  std::string known;
  for (const Scheme* scheme : schemes()) known += (known.empty() ? "" : ", ") + std::string(scheme->name());
  return fail(Errc::invalid_value, std::format("unrecognised scheme \"{}\": there are {}", name, known));
}

Result<std::string> random_uuid(const Random& random) {
  rats::Uuid uuid;
  CHECK(random.fill(uuid.octets));
  // RFC 9562 section 5.4.
  uuid.octets[6] = static_cast<std::uint8_t>((uuid.octets[6] & 0x0fU) | 0x40U);
  uuid.octets[8] = static_cast<std::uint8_t>((uuid.octets[8] & 0x3fU) | 0x80U);
  return uuid.text();
}

Result<std::vector<PolicyVersion>> versions_of(const Documents& documents, std::string_view scheme) {
  std::vector<PolicyVersion> versions;
  for (const auto& document : documents) {
    TRY(PolicyVersion version, decode_policy_version(*document));
    if (version.scheme == scheme) versions.push_back(std::move(version));
  }
  return versions;
}

std::unexpected<Error> no_such_policy(std::string_view scheme, std::string_view id) {
  return fail(Errc::not_found, std::format("{} has no policy {}", scheme, id));
}

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName || !is_utf8(name) ||
      std::ranges::any_of(name, [](char octet) { return static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f; }))
    return fail(Errc::invalid_value, std::format("name: expected 1 to {} octets of printable UTF-8", kMostName));
  return {};
}

}  // namespace

Result<PolicyVersion> Policies::checked(New policy) const {
  CHECK(check_scheme(policy.scheme));
  CHECK(check_name(policy.name));
  const PolicyLanguage* const spoken = language(policy.type);
  if (spoken == nullptr)
    return fail(Errc::unsupported, std::format("no policy language of type \"{}\" is configured here", policy.type));
  if (!is_utf8(policy.rules)) return fail(Errc::invalid_value, "the rules are no UTF-8");
  if (policy.rules.empty()) return fail(Errc::invalid_value, "expected rules, got nothing");
  TRY(std::string id, random_uuid(*parts_.random));
  CHECK(spoken->check(id, policy.rules));
  return PolicyVersion{.id = std::move(id),
                       .scheme = std::move(policy.scheme),
                       .name = std::move(policy.name),
                       .type = std::string(spoken->type()),
                       .rules = std::move(policy.rules),
                       .may_raise = policy.may_raise,
                       .created = parts_.clock->now()};
}

Result<PolicyVersion> Policies::add(New policy) {
  TRY(PolicyVersion version, checked(std::move(policy)));
  auto stored =
      parts_.store->change(DocumentKind::policy, [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
        TRY(const auto versions, versions_of(present, version.scheme));
        if (versions.size() >= kMostVersions)
          return fail(Errc::conflict, std::format("{} has {} policies: remove some", version.scheme, versions.size()));
        return std::vector<DocumentChange>{
            {.event = Event::added, .id = version.id, .octets = encode_policy_version(version)},
            {.event = Event::deactivated, .id = version.id}};
      });
  if (stored) return version;
  language(version.type)->forget(version.id);
  return std::unexpected(std::move(stored).error());
}

Result<LoadedPolicy> Policies::try_out(New policy) const {
  TRY(PolicyVersion version, checked(std::move(policy)));
  return load(std::move(version));
}

Result<std::vector<PolicyVersion>> Policies::list(std::string_view scheme, std::optional<std::string_view> name) const {
  CHECK(check_scheme(scheme));
  TRY(auto versions, versions_of(*parts_.store->documents(DocumentKind::policy), scheme));
  if (name) std::erase_if(versions, [&](const PolicyVersion& version) { return version.name != *name; });
  return versions;
}

Result<PolicyVersion> Policies::get(std::string_view scheme, std::string_view id) const {
  TRY(auto versions, list(scheme));
  const auto found = std::ranges::find(versions, id, &PolicyVersion::id);
  if (found == versions.end()) return no_such_policy(scheme, id);
  return std::move(*found);
}

Result<PolicyVersion> Policies::get_active(std::string_view scheme) const {
  TRY(auto versions, list(scheme));
  const auto found = std::ranges::find(versions, true, &PolicyVersion::active);
  if (found == versions.end()) return fail(Errc::not_found, std::format("{} has no active policy", scheme));
  return std::move(*found);
}

Result<void> Policies::activate(std::string_view scheme, std::string_view id) {
  CHECK(check_scheme(scheme));
  return parts_.store->change(
      DocumentKind::policy, [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
        TRY(const auto versions, versions_of(present, scheme));
        if (!std::ranges::contains(versions, id, &PolicyVersion::id)) return no_such_policy(scheme, id);
        std::vector<DocumentChange> changes;
        for (const PolicyVersion& version : versions)
          if (version.active != (version.id == id))
            changes.push_back({.event = version.active ? Event::deactivated : Event::activated, .id = version.id});
        return changes;
      });
}

Result<void> Policies::deactivate(std::string_view scheme) {
  CHECK(check_scheme(scheme));
  return parts_.store->change(DocumentKind::policy,
                              [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
                                TRY(const auto versions, versions_of(present, scheme));
                                std::vector<DocumentChange> changes;
                                for (const PolicyVersion& version : versions)
                                  if (version.active)
                                    changes.push_back({.event = Event::deactivated, .id = version.id});
                                return changes;
                              });
}

Result<void> Policies::remove(std::string_view scheme, std::string_view id) {
  CHECK(check_scheme(scheme));
  std::string type;
  CHECK(
      parts_.store->change(DocumentKind::policy, [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
        TRY(const auto versions, versions_of(present, scheme));
        const auto found = std::ranges::find(versions, id, &PolicyVersion::id);
        if (found == versions.end()) return no_such_policy(scheme, id);
        if (found->active)
          return fail(Errc::conflict, std::format("policy {} is active: deactivate it, or activate another", id));
        type = found->type;
        return std::vector<DocumentChange>{{.event = Event::removed, .id = std::string(id)}};
      }));
  if (const PolicyLanguage* const spoken = language(type)) spoken->forget(std::string(id));
  return {};
}

std::shared_ptr<const LoadedPolicy> Policies::active(std::string_view scheme) const {
  if (parts_.store->version(DocumentKind::policy) != version_.load(std::memory_order_acquire)) refresh();
  if (is_empty_.load(std::memory_order_acquire)) return nullptr;
  const std::shared_lock lock(mutex_);
  if (const auto unreadable = active_.find(""); unreadable != active_.end()) return unreadable->second;
  const auto found = active_.find(scheme);
  return found == active_.end() ? nullptr : found->second;
}

const PolicyLanguage* Policies::language(std::string_view type_or_media_type) const {
  for (const auto& spoken : parts_.languages)
    if (spoken->type() == type_or_media_type || spoken->media_type() == type_or_media_type) return spoken.get();
  return nullptr;
}

LoadedPolicy Policies::load(PolicyVersion version) const {
  const PolicyLanguage* const spoken = language(version.type);
  if (spoken == nullptr) {
    auto why = fail(Errc::configuration, std::format("no policy language of type \"{}\" is configured", version.type));
    return {.version = std::move(version), .program = std::move(why)};
  }
  auto program = spoken->load(version.id, version.rules);
  return {.version = std::move(version), .program = std::move(program), .is_remote = spoken->is_remote()};
}

Policies::Active Policies::load_all(const Documents& documents) const {
  const auto keep = [](LoadedPolicy policy) { return std::make_shared<const LoadedPolicy>(std::move(policy)); };
  Active active;
  for (const auto& document : documents) {
    if (!document->active) continue;
    auto version = decode_policy_version(*document);
    if (!version) {
      active[""] =
          keep({.version = {.id = document->id, .name = "unreadable"}, .program = std::unexpected(version.error())});
      continue;
    }
    auto& slot = active[version->scheme];
    // Versions do not change: what was loaded is still what is stored.
    const auto known = active_.find(version->scheme);
    if (slot != nullptr) {
      slot = keep({.version = *version, .program = fail(Errc::configuration, "two policies are active: activate one")});
    } else if (known != active_.end() && known->second->version.id == version->id) {
      slot = known->second;
    } else {
      slot = keep(load(*version));
    }
  }
  return active;
}

void Policies::refresh() const {
  const std::unique_lock lock(mutex_);
  const std::uint64_t version = parts_.store->version(DocumentKind::policy);
  if (version == version_.load(std::memory_order_acquire)) return;
  active_ = load_all(*parts_.store->documents(DocumentKind::policy));
  is_empty_.store(active_.empty(), std::memory_order_release);
  version_.store(version, std::memory_order_release);  // last: whoever sees it may read is_empty_
}

}  // namespace credence::verifier
