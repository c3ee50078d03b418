#include "verifier/scheme/parsec_tpm/join.h"

#include <cstdint>
#include <format>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "verifier/scheme/parsec_tpm/triples.h"

namespace credence::verifier {
namespace {

bool same(const AttestationKeyRecord& left, const AttestationKeyRecord& right) {
  return left.name == right.name && left.qualified_name == right.qualified_name && left.purpose == right.purpose &&
         left.ek_digest == right.ek_digest && left.maker == right.maker;
}

std::unexpected<Error> conflict(const Kid& kid, std::string_view what) {
  return fail(Errc::conflict, std::format("kid {} is already endorsed with {}: remove the old endorsement first",
                                          to_hex(kid.view()), what));
}

// The statements about one kid, one after the other.
class AnchorDraft {
 public:
  Result<void> add(const KeyStatement& statement, const Origin& origin) {
    CHECK(meet(statement.kid, statement.key, statement.class_id));
    anchor_->sources.add(origin);
    // A record counts for more than a key, so the key's CoRIM does not prolong it.
    of_keys_.add(origin.validity);
    return {};
  }

  Result<void> add(RecordStatement statement, const Origin& origin) {
    TRY(const crypto::PublicKey key, statement.record.public_area.key());
    CHECK(meet(statement.kid, key, statement.class_id));
    if (anchor_->record && !same(*anchor_->record, statement.record))
      return conflict(statement.kid, "another record of the attestation key");
    anchor_->record = std::move(statement.record);
    anchor_->sources.add(origin);
    of_records_.add(origin.validity);
    return {};
  }

  std::shared_ptr<const Endorsed> take() {
    if (!anchor_) return nullptr;
    anchor_->validity = anchor_->record ? of_records_ : of_keys_;
    return std::make_shared<const TrustAnchor>(*std::move(anchor_));
  }

 private:
  // protocol.md 2.3: the same kid with another key is refused. Otherwise whoever may provision could put his own key in
  // the place of a machine's, and that machine's pins would follow him.
  Result<void> meet(const Kid& kid, const crypto::PublicKey& key, const rats::TaggedBytes& class_id) {
    if (!anchor_) anchor_.emplace(kid, key, class_id);
    if (anchor_->key != key) return conflict(kid, "another key");
    if (anchor_->class_id != class_id) return conflict(kid, "another class");
    return {};
  }

  std::optional<TrustAnchor> anchor_;
  Periods of_keys_, of_records_;
};

}  // namespace

Result<std::shared_ptr<const Endorsed>> join_trust_anchor(std::span<const Statement> statements) {
  AnchorDraft draft;
  for (const Statement& statement : statements) {
    if (statement.kind == TripleKind::attestation_keys) {
      TRY(const KeyStatement key, read_key(statement.keys()));
      CHECK(draft.add(key, *statement.origin));
    } else {
      TRY(RecordStatement record, read_record(statement.values()));
      CHECK(draft.add(std::move(record), *statement.origin));
    }
  }
  return draft.take();
}

Result<std::shared_ptr<const Endorsed>> join_reference_values(std::span<const Statement> statements) {
  auto joined = std::make_shared<ReferenceValues>();
  std::map<std::pair<crypto::HashAlgorithm, std::uint8_t>, ApprovedJoiner> joiners;
  for (const Statement& statement : statements) {
    TRY(ReferenceStatements read, read_reference_values(statement.values()));
    joined->class_id = std::move(read.class_id);
    for (ReferenceStatement& value : read.values) {
      if (value.ambiguous) {
        joined->ambiguous[value.pcr].add(*statement.origin);
        continue;
      }
      ApprovedJoiner& joiner =
          joiners.try_emplace({value.bank, value.pcr}, joined->pcrs[value.bank][value.pcr]).first->second;
      joiner.add(std::move(value.value), *statement.origin);
    }
  }
  return joined;
}

}  // namespace credence::verifier
