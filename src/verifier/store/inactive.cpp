#include "verifier/store/inactive.h"

#include <utility>

namespace credence::verifier {

void InactiveCorims::add(const std::string& id, Bytes said) {
  remove(id);
  ids_[said].insert(id);
  said_.emplace(id, std::move(said));
}

void InactiveCorims::remove(const std::string& id) {
  const auto found = said_.find(id);
  if (found == said_.end()) return;
  const auto ids = ids_.find(found->second);
  ids->second.erase(id);
  if (ids->second.empty()) ids_.erase(ids);
  said_.erase(found);
}

const std::string* InactiveCorims::find(const Bytes& said) const {
  const auto found = ids_.find(said);
  return found == ids_.end() ? nullptr : &*found->second.begin();
}

}  // namespace credence::verifier
