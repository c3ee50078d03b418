#include "verifier/store/authority.h"

#include <string_view>
#include <utility>
#include <vector>

#include "rats/corim/match/match.h"

namespace credence::verifier {
namespace {

using Authorities = std::vector<rats::CryptoKey>;

Result<void> check(const std::vector<rats::CryptoKey>& demanded, const Authorities& signers) {
  if (rats::match::authorities(demanded, signers)) return {};
  return fail_in(Errc::unauthorized, "authorized-by",
                 signers.empty() ? "the CoRIM is not signed: nobody shows that this authority makes the statement"
                                 : "expected the key that signed the CoRIM, got another");
}

Result<void> check(const std::vector<rats::Measurement>& measurements, const Authorities& signers) {
  for (const rats::Measurement& measurement : measurements) CHECK(check(measurement.authorized_by, signers));
  return {};
}

Result<void> check(std::string_view kind, const std::vector<rats::ReferenceTriple>& triples,
                   const Authorities& signers) {
  for (const rats::ReferenceTriple& triple : triples)
    if (auto held = check(triple.measurements, signers); !held) return within(kind, std::move(held).error());
  return {};
}

}  // namespace

Result<void> check_authorities(const rats::Comid& comid, const std::optional<CorimSignerIdentity>& signer) {
  const Authorities signers = signer ? Authorities{signer->authority} : Authorities{};
  CHECK(check("reference-triples", comid.reference_values, signers));
  CHECK(check("endorsed-triples", comid.endorsed_values, signers));
  for (const rats::ConditionalEndorsement& triple : comid.conditional_endorsements)
    CHECK(check("conditional-endorsement-triples", triple.endorsements, signers));
  for (const rats::ConditionalSeries& triple : comid.conditional_series)
    for (const auto& [selection, addition] : triple.series)
      if (auto held = check(addition, signers); !held)
        return within("conditional-endorsement-series-triples", std::move(held).error());
  return {};
}

}  // namespace credence::verifier
