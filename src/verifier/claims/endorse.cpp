#include "verifier/claims/endorse.h"

#include <algorithm>
#include <format>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/hash.h"
#include "verifier/claims/conditional.h"

namespace credence::verifier {
namespace {

// What thumbprints may be of. Each is hashed once, however many thumbprints there are.
class Hashed {
 public:
  explicit Hashed(std::vector<ByteView> all) : all_(std::move(all)) {}

  // The position of the one that it is of.
  std::optional<std::size_t> find(const crypto::Digest& thumbprint) {
    auto& digests = digests_[thumbprint.algorithm()];
    if (digests.empty())
      for (const ByteView octets : all_) digests.push_back(crypto::digest(thumbprint.algorithm(), octets));
    const auto found = std::ranges::find_if(
        digests, [&](const Result<crypto::Digest>& digest) { return digest && *digest == thumbprint; });
    if (found == digests.end()) return std::nullopt;
    return static_cast<std::size_t>(found - digests.begin());
  }

 private:
  std::vector<ByteView> all_;
  std::map<crypto::HashAlgorithm, std::vector<Result<crypto::Digest>>> digests_;  // of all, in their order
};

std::vector<ByteView> keys_in(const AttesterIdentity& attester) { return {attester.keys.begin(), attester.keys.end()}; }

std::vector<ByteView> certificates_in(const AttesterIdentity& attester) {
  std::vector<ByteView> all;
  for (const crypto::Certificate& certificate : attester.path) all.push_back(certificate.der());
  return all;
}

class Application {
 public:
  Application(Endorsements& endorsements, AcceptedClaims& claims, const AttesterIdentity& attester)
      : endorsements_(endorsements),
        claims_(claims),
        attester_(attester),
        keys_(keys_in(attester)),
        certificates_(certificates_in(attester)) {}

  Result<void> run() {
    for (int round = 0; round < kMostRounds; ++round) {
      gather();
      TRY(bool progress, apply<rats::ConditionalEndorsement>());
      TRY(const bool values, apply<EndorsedValues>());
      TRY(const bool identities, apply<IdentityKeys>());
      TRY(const bool domains, apply<DomainMembership>());
      progress = progress || values || identities || domains;
      if (!progress) {
        TRY(progress, apply<rats::ConditionalSeries>());
      }
      if (!progress) return accept_dependencies();
    }
    return fail(Errc::too_deep, std::format("conditional endorsements build on each other more than {} times: they "
                                            "cannot be applied to this attester",
                                            kMostRounds));
  }

 private:
  // The statements that may apply to the claims so far and are not yet known.
  void gather() {
    for (; looked_up_ < claims_.all().size(); ++looked_up_) {
      for (const Bytes& key : condition_keys(claims_.all()[looked_up_].environment)) {
        const auto found = endorsements_.find<ConditionalStatements>(Topic::conditional_endorsements, key);
        if (found == nullptr) continue;
        for (const ConditionalStatement& statement : found->all) {
          if (!statement.validity.contains(endorsements_.now())) continue;
          if (!known_.emplace(statement.submission, statement.encoded).second) continue;
          waiting_.push_back({.statement = &statement, .owner = found});
        }
      }
    }
  }

  // Whether any statement of this kind was met. What it adds is seen by the next round only.
  template <typename Triple>
  Result<bool> apply() {
    std::vector<AcceptedClaim> added;
    std::erase_if(waiting_, [&](const Waiting& waiting) {
      const auto* triple = std::get_if<Triple>(&waiting.statement->triple);
      return triple != nullptr && apply(*triple, *waiting.statement, added);
    });
    const bool progress = !added.empty();
    for (AcceptedClaim& claim : added) CHECK(claims_.add(std::move(claim)));
    return progress;
  }

  bool apply(const rats::ConditionalEndorsement& triple, const ConditionalStatement& statement,
             std::vector<AcceptedClaim>& added) const {
    const bool met = std::ranges::all_of(triple.conditions, [&](const rats::ReferenceTriple& condition) {
      return claims_.meet(condition.environment, condition.measurements);
    });
    if (!met) return false;
    for (const rats::ReferenceTriple& endorsement : triple.endorsements)
      added.push_back(claim(endorsement.environment, endorsement.measurements, statement));
    return true;
  }

  bool apply(const rats::ConditionalSeries& triple, const ConditionalStatement& statement,
             std::vector<AcceptedClaim>& added) const {
    if (!claims_.meet(triple.environment, triple.claims, triple.authorized_by)) return false;
    for (const rats::ConditionalSeries::Record& record : triple.series) {
      if (!claims_.meet(triple.environment, record.selection)) continue;
      added.push_back(claim(triple.environment, record.addition, statement));
      return true;  // the first that matches ends the series (section 5.1.7)
    }
    return false;
  }

  bool apply(const EndorsedValues& values, const ConditionalStatement& statement,
             std::vector<AcceptedClaim>& added) const {
    if (!claims_.meet(values.triple.environment, {})) return false;
    added.push_back(claim(values.triple.environment, values.triple.measurements, statement));
    return true;
  }

  bool apply(const IdentityKeys& identity, const ConditionalStatement& statement, std::vector<AcceptedClaim>& added) {
    if (!claims_.meet(identity.environment, {})) return false;
    for (const IdentityKeys::Key& named : identity.keys) {
      const std::optional<ByteView> proven = find(named);
      if (!proven) continue;
      AcceptedClaim& recognised = added.emplace_back(claim(identity.environment, {}, statement));
      recognised.identity = to_bytes(*proven);
      return true;
    }
    return false;
  }

  // DER SPKI of what is named, where the evidence was verified with it.
  std::optional<ByteView> find(const IdentityKeys::Key& named) {
    if (const auto* certificate = std::get_if<IdentityKeys::OfCertificate>(&named)) {
      const auto found = certificates_.find(certificate->digest);
      if (!found) return std::nullopt;
      return attester_.path[*found].spki();
    }
    if (const auto* digest = std::get_if<crypto::Digest>(&named)) {
      const auto found = keys_.find(*digest);
      if (!found) return std::nullopt;
      return attester_.keys[*found];
    }
    const auto& key = std::get<Bytes>(named);
    if (!std::ranges::contains(attester_.keys, key)) return std::nullopt;
    return key;
  }

  bool apply(const DomainMembership& membership, const ConditionalStatement& statement,
             std::vector<AcceptedClaim>& added) const {
    const bool met = std::ranges::all_of(membership.triple.others,
                                         [&](const rats::Environment& member) { return claims_.has_member(member); });
    if (!met) return false;
    AcceptedClaim& domain = added.emplace_back(claim(membership.triple.domain, {}, statement));
    domain.members = membership.triple.others;
    return true;
  }

  Result<void> accept_dependencies() {
    for (const Waiting& waiting : waiting_) {
      const auto* dependency = std::get_if<TrustDependency>(&waiting.statement->triple);
      if (dependency == nullptr || !claims_.is_in_domain(dependency->triple.domain)) continue;
      const bool trustees = std::ranges::all_of(
          dependency->triple.others, [&](const rats::Environment& trustee) { return claims_.is_in_domain(trustee); });
      CHECK(claims_.add({.triple = dependency->triple, .source = waiting.statement->source, .met = trustees}));
    }
    return {};
  }

  static AcceptedClaim claim(const rats::Environment& environment, const std::vector<rats::Measurement>& measurements,
                             const ConditionalStatement& statement) {
    return {.environment = environment,
            .measurements = measurements,
            .authority = statement.authority,
            .source = statement.source};
  }

  struct Waiting {
    const ConditionalStatement* statement = nullptr;
    std::shared_ptr<const ConditionalStatements> owner;
  };

  Endorsements& endorsements_;
  AcceptedClaims& claims_;
  const AttesterIdentity& attester_;
  Hashed keys_, certificates_;
  std::size_t looked_up_ = 0;  // claims whose environments have been asked about
  std::set<std::pair<std::string, Bytes>> known_;
  std::vector<Waiting> waiting_;
};

}  // namespace

Result<void> apply_conditional_endorsements(Endorsements& endorsements, AcceptedClaims& claims,
                                            const AttesterIdentity& attester) {
  return Application(endorsements, claims, attester).run();
}

}  // namespace credence::verifier
