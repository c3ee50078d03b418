#include "edge/answer.h"

#include <algorithm>
#include <format>
#include <map>
#include <optional>
#include <utility>

#include "base/weak.h"
#include "crypto/certificate.h"
#include "rats/corim/corim.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/revocation/identity.h"
#include "verifier/store/content.h"
#include "verifier/store/submission.h"

namespace credence::edge {
namespace {

using verifier::CorimSignerIdentity;

// The statements of each authority, as the CoMID that it may have made.
class Collected {
 public:
  Result<void> add_all(const rats::CoservResults& results) {
    CHECK(add(results.reference_values, &rats::Comid::reference_values));
    CHECK(add(results.endorsed_values, &rats::Comid::endorsed_values));
    CHECK(add(results.attestation_keys, &rats::Comid::attestation_keys));
    CHECK(add(results.conditional_endorsements, &rats::Comid::conditional_endorsements));
    return add(results.conditional_series, &rats::Comid::conditional_series);
  }

  [[nodiscard]] const std::map<rats::CryptoKey, rats::Comid>& by_authority() const noexcept { return comids_; }

 private:
  template <typename Triple>
  Result<void> add(const std::vector<rats::Quad<Triple>>& quads, std::vector<Triple> rats::Comid::* member) {
    for (const rats::Quad<Triple>& quad : quads) {
      // A CoRIM has one signer. With several nobody could say whose word a policy or a condition relies on.
      if (quad.authorities.size() != 1)
        return fail_in(Errc::unsupported, "authorities",
                       std::format("expected one authority of a statement, got {}", quad.authorities.size()));
      (comids_[quad.authorities.front()].*member).push_back(quad.triple);
    }
    return {};
  }

  std::map<rats::CryptoKey, rats::Comid> comids_;
};

bool is_provisioner(const rats::CryptoKey& authority, const Service& service) {
  const auto key = rats::public_key_of(authority);
  if (!key) return false;
  return service.allow_insecure_unsigned || std::ranges::contains(service.keys, *key);
}

// Nothing for statements of provisioners, which the service answers for itself.
Result<std::optional<CorimSignerIdentity>> signer_from(const rats::CryptoKey& authority, const Service& service) {
  if (authority.tag == rats::kTagPkixAsn1DerCert) {
    TRY(const crypto::Certificate certificate, crypto::Certificate::from_der(authority.value));
    TRY(CorimSignerIdentity signer, verifier::identity_of(certificate));
    return signer;
  }
  if (is_provisioner(authority, service)) return std::nullopt;
  return fail_in(Errc::unsupported, "authorities",
                 std::format("expected the certificate of a signer, or a key that the service signs with, got an "
                             "authority of tag {}",
                             authority.tag));
}

// The same authority has the same id in every answer: a statement that is found in two is one statement.
Result<std::string> id_of(std::string_view profile, const rats::CryptoKey& authority) {
  Bytes named = to_bytes(as_bytes(std::format("{}\n{}\n", profile, authority.tag)));
  append(named, authority.value);
  return verifier::submission_id(named);
}

Result<verifier::Content> content_of(const rats::Coserv& message, const rats::CryptoKey& authority, rats::Comid comid,
                                     const Service& service) {
  rats::Corim corim;
  corim.id = service.name;
  corim.profile = message.query.profile;
  if (!weak::removed(weak::Check::coserv_expiry))
    corim.validity = rats::Validity{.not_before = {}, .not_after = message.results.expires};
  comid.id = service.name;
  corim.comids.push_back(std::move(comid));
  TRY(auto signer, signer_from(authority, service));
  TRY(std::string id, id_of(message.query.profile, authority));
  return verifier::read_by_profile(corim, std::move(id), std::move(signer));
}

Result<std::shared_ptr<const verifier::DenyList>> deny_list_in(const rats::CoservResults& results) {
  for (const auto& [id, record] : results.rims) {
    if (id != verifier::kDenyListId) continue;
    const auto* type = std::get_if<std::string>(&record.type);
    if (type == nullptr || !rats::same_media_type(*type, verifier::kDenyListMediaType))
      return fail_in(Errc::invalid_value, "rims", std::format("{}: expected {}", id, verifier::kDenyListMediaType));
    return verifier::decode_deny_list(record.value);
  }
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const Answer>> Answer::read(const rats::Coserv& message, const Service& service) {
  std::shared_ptr<Answer> answer(new Answer);
  answer->expires_ = message.results.expires;
  Collected collected;
  CHECK(collected.add_all(message.results));
  for (const auto& [authority, comid] : collected.by_authority()) {
    auto content = content_of(message, authority, comid, service);
    if (!content) return within("CoSERV result", std::move(content).error());
    answer->index_.add(*std::move(content));
  }
  TRY(answer->deny_list_, deny_list_in(message.results));
  return answer;
}

rats::CoservQuery deny_list_question(std::string_view profile) {
  return {.profile = std::string(profile),
          .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = std::string(verifier::kDenyListId)}}}};
}

}  // namespace credence::edge
