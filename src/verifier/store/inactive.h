// The CoRIMs that are not active, and what they say: signed once more, by somebody else or for another time, it does
// not come back.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/bytes.h"

namespace credence::verifier {

// Not thread-safe.
class InactiveCorims {
 public:
  // `said`: Content::fingerprint_without_signer().
  void add(const std::string& id, Bytes said);
  void remove(const std::string& id);

  [[nodiscard]] bool contains(const std::string& id) const { return said_.contains(id); }
  // The id of one that says this, of several the first; null when none does.
  [[nodiscard]] const std::string* find(const Bytes& said) const;
  // What each says, by its id.
  [[nodiscard]] const std::map<std::string, Bytes>& all() const noexcept { return said_; }

 private:
  std::map<std::string, Bytes> said_;           // by id
  std::map<Bytes, std::set<std::string>> ids_;  // by what they say
};

}  // namespace credence::verifier
