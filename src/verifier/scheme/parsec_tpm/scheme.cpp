#include "verifier/scheme/parsec_tpm/scheme.h"

#include <utility>

#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "verifier/scheme/parsec_tpm/compare.h"
#include "verifier/scheme/parsec_tpm/describe.h"
#include "verifier/scheme/parsec_tpm/form.h"
#include "verifier/scheme/parsec_tpm/test_root.h"

namespace credence::verifier {
namespace {

namespace tpm = evidence::tpm;

class TpmEvidence final : public Evidence {
 public:
  TpmEvidence(std::string_view media_type, tpm::Statements statements)
      : media_type_(media_type), statements_(std::move(statements)), kid_(statements_.bundle.kat.kid) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy& policy) override {
    TRY(form_, form_of(media_type_, challenge, policy));
    TRY(const Bytes extra_data, expected_extra_data(form_, challenge));
    return tpm::check_statements(statements_, extra_data, mismatch_of(form_));
  }

  const Kid& kid() const override { return kid_; }

  Result<void> check_purpose(const TrustAnchor& anchor, const Policy& policy) const override {
    CHECK(check_test_root(media_type_, statements_.bundle, anchor, policy));
    return check_form(form_, anchor);
  }

  Result<void> check_signatures(const TrustAnchor& anchor) const override {
    return tpm::check_signatures(statements_, anchor.key);
  }

  Result<void> check_signer(const TrustAnchor& anchor) const override {
    if (!anchor.record) return {};  // check_form() has admitted it: compatibility mode, and the result says so
    return tpm::check_signer(statements_, {.public_area = anchor.record->public_area,
                                           .name = anchor.record->name,
                                           .qualified_name = anchor.record->qualified_name});
  }

  Result<void> compare(const ReferenceValues* values, const Policy& policy, Timestamp now) const override {
    CHECK(check_minimum_pcrs(statements_.quoted(), policy));
    return compare_pcrs(statements_, values, now);
  }

  void describe(const TrustAnchor& anchor, rats::Submodule& submodule, rats::CredenceClaims& claims) const override {
    describe_quote(statements_, submodule);
    describe_signer(anchor, form_, claims);
    if (is_test_root(media_type_, statements_.bundle, anchor)) mark_test_root(claims);
  }

  ByteView attested_key() const override { return statements_.tls_key.spki; }

 private:
  std::string_view media_type_;  // one of the scheme's own constants
  tpm::Statements statements_;
  Kid kid_;
  Form form_{};
};

class ParsecTpmScheme final : public Scheme {
 public:
  std::string_view name() const override { return "PARSEC_TPM"; }

  std::vector<std::string_view> media_types() const override {
    return {evidence::kParsecTpm, evidence::kTpmChallenge, evidence::kSoftwareTest};
  }

  Result<std::unique_ptr<Evidence>> decode(std::string_view media_type, ByteView octets) const override {
    TRY(tpm::Statements statements, tpm::decode_statements(octets));
    // A result names the key: not one with which nobody could ever prove anything.
    if (auto good = crypto::PublicKey::check_spki(statements.tls_key.spki); !good) {
      return within("kat.pubArea", std::move(good).error());
    }
    return std::make_unique<TpmEvidence>(known_media_type(media_type), std::move(statements));
  }
};

}  // namespace

const Scheme& parsec_tpm_scheme() {
  static const ParsecTpmScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
