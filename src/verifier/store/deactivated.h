// What of an active CoRIM does not count all the same: CoMIDs and single statements that were deactivated, one key of a
// fleet's CoRIM for example. Each is a document of kind deactivation, there as long as that holds.
//
// A statement counts when it is active itself, its CoMID is, and its CoRIM is: each is activated as it was deactivated.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "verifier/store/content.h"

namespace credence::verifier {

// The id of such a document: the CoRIM's, and what of it. A statement is known by SHA-256 of its kind and its octets,
// so that whoever reads the document needs no numbering of statements.
[[nodiscard]] Result<std::string> comid_deactivation(std::string_view corim, std::string_view tag);
[[nodiscard]] Result<std::string> statement_deactivation(std::string_view corim, const Content::Entry& entry);
// It is there or not: it has nothing to say. Databases keep no empty document.
inline constexpr std::array<std::uint8_t, 1> kDeactivationOctets{0xf6};  // CBOR null
// The id of the CoRIM in it.
[[nodiscard]] std::string_view corim_of_deactivation(std::string_view document) noexcept;

// Not thread-safe.
class Deactivated {
 public:
  void add(std::string_view document);
  void remove(std::string_view document);

  // What of a CoRIM is off.
  struct Parts {
    bool all = false;
    std::set<std::uint32_t> offsets{};                        // of triples
    std::vector<std::pair<std::size_t, std::size_t>> tags{};  // from an offset up to another one
    [[nodiscard]] bool contains(std::size_t offset) const;
    [[nodiscard]] bool empty() const noexcept { return !all && offsets.empty() && tags.empty(); }
  };
  // A document that names nothing in it turns all of it off: what it forbids must not count because it is not found.
  [[nodiscard]] Parts of(const Content& content) const;
  // Errc::conflict when a CoMID of `content` would count that says what the same CoMID says in `known`, another CoRIM,
  // and is off there: else whoever has kept an old CoRIM brings back what was turned off.
  [[nodiscard]] Result<void> check(const Content& content, const Content& known) const;
  // Some CoMID of `content` is off in this CoRIM, if it is there: the question before check(), without the CoRIM.
  [[nodiscard]] Result<bool> has_comid_of(const std::string& corim, const Content& content) const;

  [[nodiscard]] bool empty() const noexcept { return documents_.empty(); }
  // How many documents are about this CoRIM.
  [[nodiscard]] std::size_t count(const std::string& corim) const;

 private:
  [[nodiscard]] Result<bool> is_off(const std::string& corim, std::string_view comid) const;

  std::unordered_map<std::string, std::set<std::string, std::less<>>> documents_;  // by CoRIM
};

}  // namespace credence::verifier
