// What a CoRIM says once its profile has been checked: its triples, each under the key that its scheme looks it up by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/corim.h"
#include "verifier/store.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

// Owns its triples in one block of memory, encoded.
class Content {
 public:
  Content(const Scheme& scheme, Origin origin) : scheme_(&scheme), origin_(std::move(origin)) {}

  // Errc::too_large beyond 65535 octets of key.
  [[nodiscard]] Result<void> add(Topic topic, ByteView key, TripleKind kind, const rats::ReferenceTriple& triple);
  [[nodiscard]] Result<void> add(Topic topic, ByteView key, TripleKind kind, const rats::KeyTriple& triple);
  // Of every scheme alike, under their environment (verifier/claims/conditional.h). Errc::unsupported for an identity
  // with conditions, or with a key that is none and no thumbprint of one, or of a certificate where there are none.
  [[nodiscard]] Result<void> add_endorsed(const rats::ReferenceTriple& triple);
  [[nodiscard]] Result<void> add_identity(const rats::KeyTriple& triple);
  // A membership under its first member, which must be accepted as the others must; a dependency under its domain.
  // Errc::too_large beyond kMostOthers.
  [[nodiscard]] Result<void> add(TripleKind kind, const rats::DomainTriple& triple);
  // Under the environment of the condition, the first of several, which must be met as the others must
  // (verifier/claims/conditional.h).
  [[nodiscard]] Result<void> add(const rats::ConditionalSeries& triple);
  [[nodiscard]] Result<void> add(const rats::ConditionalEndorsement& triple);

  static constexpr std::size_t kMostOthers = 256;  // members, trustees

  // The CoMIDs in it, and the CoSWIDs.
  struct Tag {
    std::string id;  // of a CoSWID coswid_name()
    std::uint64_t version = 0;
    std::vector<std::string> replaces{};  // ids of other tags
    std::size_t begin = 0, end = 0;       // of the offsets of its triples
  };
  // Its triples are those that were added since size() was `begin`.
  void add(Tag tag) {
    tag.end = size();
    tags_.push_back(std::move(tag));
  }
  [[nodiscard]] const std::vector<Tag>& tags() const noexcept { return tags_; }
  [[nodiscard]] static std::string coswid_name(std::string_view id) { return "CoSWID " + std::string(id); }
  // The triples of one of its tags, encoded: of the same octets when they say the same.
  [[nodiscard]] ByteView octets(const Tag& tag) const {
    return ByteView(octets_).subspan(tag.begin, tag.end - tag.begin);
  }

  // Two of the three fingerprints of a CoRIM (docs/decisions/store.md, "Fingerprints"); the third, of its octets, is
  // its id. The same for contents that say the same, on the word of the same signer and for the same time.
  [[nodiscard]] Result<Bytes> fingerprint_with_signer() const;
  // The same for contents that say the same, whoever signed them and for whatever time: of the id of the CoRIM, its
  // profile, and the CoMIDs with their triples, whatever their version. What is turned off is known by it.
  [[nodiscard]] Result<Bytes> fingerprint_without_signer() const;
  // Only then fingerprint_with_signer() can be the same, too.
  [[nodiscard]] bool has_triples_of(const Content& other) const { return octets_ == other.octets_; }

  // That the triple at this offset is about an environment with this identifier, vendor, model,
  // layer or index (verifier/store/subjects.h).
  struct Subject {
    std::uint64_t hash = 0;
    std::uint32_t offset = 0;
  };
  [[nodiscard]] const std::vector<Subject>& subjects() const noexcept { return subjects_; }

  // A triple that was added, named by its offset; views are valid as long as the Content.
  struct Entry {
    std::size_t offset = 0;
    Topic topic{};
    TripleKind kind{};
    ByteView key;
    ByteView triple;
  };
  [[nodiscard]] Entry entry(std::size_t offset) const;
  void for_each(const std::function<void(const Entry&)>& visit) const;
  // Entry::triple, parsed.
  [[nodiscard]] Result<Statement> statement(const Entry& entry) const;

  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return octets_.size(); }  // the offset that the next triple has
  [[nodiscard]] const Scheme& scheme() const noexcept { return *scheme_; }
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
  void shrink_to_fit();

 private:
  [[nodiscard]] Result<void> append(Topic topic, ByteView key, TripleKind kind, ByteView triple);
  // The triple that is appended next is about this environment.
  void note_subject(TripleKind kind, const rats::Environment& environment);

  const Scheme* scheme_;
  Origin origin_;
  std::vector<Tag> tags_;
  std::vector<Subject> subjects_;
  Bytes octets_;  // entry after entry: topic, kind, length of the key (2), of the triple (4), key, triple
};

// By the profile that the CoRIM names; Errc::unsupported when it names none, or one that no scheme of this build knows.
// `id` is that of the submission. Errc::unauthorized when a statement names an authority (authorized-by) that did not
// sign the CoRIM. A CoRIM is taken whole or not at all.
[[nodiscard]] Result<Content> read_by_profile(const rats::Corim& corim, std::string id,
                                              std::optional<CorimSignerIdentity> signer = {});

}  // namespace credence::verifier
