// The policies of all schemes: kept in the store, at most one in force for each.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "verifier/policy/language.h"
#include "verifier/policy/version.h"
#include "wire/json/json.h"

namespace credence::verifier {

// A version that can be run. Immutable.
struct LoadedPolicy {
  PolicyVersion version;
  // Rules that cannot be run, for whatever reason, refuse whoever they are for: they were stored to forbid something.
  Result<std::shared_ptr<const PolicyProgram>> program;
  bool is_remote = false;
};

// Thread-safe.
class Policies {
 public:
  struct Parts {
    std::shared_ptr<DocumentStore> store;
    std::vector<std::shared_ptr<const PolicyLanguage>> languages;
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<const Random> random;
    json::Object names{};  // what policies see as `names`
  };
  explicit Policies(Parts parts) : parts_(std::move(parts)) {}

  struct New {
    std::string scheme{};
    std::string name = "default";
    std::string type{};  // of the language
    std::string rules{};
    bool may_raise = false;
  };
  // Checks the rules and stores them, inactive; durable when it returns. Errc::not_found for a scheme that there is
  // not, unsupported for a language, invalid_value for wrong rules, conflict when there are too many versions.
  [[nodiscard]] Result<PolicyVersion> add(New policy);
  // The same, to be tried and not stored.
  [[nodiscard]] Result<LoadedPolicy> try_out(New policy) const;
  [[nodiscard]] LoadedPolicy load(PolicyVersion version) const;

  // Oldest first; of one name when it is given.
  [[nodiscard]] Result<std::vector<PolicyVersion>> list(std::string_view scheme,
                                                        std::optional<std::string_view> name = std::nullopt) const;
  // Errc::not_found.
  [[nodiscard]] Result<PolicyVersion> get(std::string_view scheme, std::string_view id) const;
  [[nodiscard]] Result<PolicyVersion> get_active(std::string_view scheme) const;
  // Deactivates the others of the scheme in the same transaction.
  [[nodiscard]] Result<void> activate(std::string_view scheme, std::string_view id);
  [[nodiscard]] Result<void> deactivate(std::string_view scheme);
  // Errc::conflict for the active one: what forbids is taken back knowingly.
  [[nodiscard]] Result<void> remove(std::string_view scheme, std::string_view id);

  // The one in force for appraisals that begin now; null when there is none, which costs next to nothing.
  [[nodiscard]] std::shared_ptr<const LoadedPolicy> active(std::string_view scheme) const;

  // By the type of its JSON or by the media type of rules; null when this verifier does not speak it.
  [[nodiscard]] const PolicyLanguage* language(std::string_view type_or_media_type) const;
  [[nodiscard]] const std::vector<std::shared_ptr<const PolicyLanguage>>& languages() const { return parts_.languages; }
  [[nodiscard]] const json::Object& names() const noexcept { return parts_.names; }

 private:
  using Active = std::map<std::string, std::shared_ptr<const LoadedPolicy>, std::less<>>;

  [[nodiscard]] Result<PolicyVersion> checked(New policy) const;
  [[nodiscard]] Active load_all(const Documents& documents) const;
  void refresh() const;

  Parts parts_;
  mutable std::shared_mutex mutex_;  // active_
  mutable Active active_;            // the empty key: a document that nobody can read stands for every scheme
  mutable std::atomic<std::uint64_t> version_{0};  // of the documents that active_ was made of
  mutable std::atomic<bool> is_empty_{true};       // active_ is
};

}  // namespace credence::verifier
