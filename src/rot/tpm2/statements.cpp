#include "rot/tpm2/statements.h"

#include "rot/tpm2/pcrs.h"
#include "rot/tpm2/policy.h"

namespace credence::rot::tpm2 {
namespace {

// Each key has exactly one scheme, in its public area.
constexpr TPMT_SIG_SCHEME kSchemeOfTheKey{.scheme = TPM2_ALG_NULL, .details = {}};

Result<TPM2B_DATA> qualifying_data(ByteView extra_data) {
  TPM2B_DATA data{};
  CHECK(assign(data.size, data.buffer, extra_data, "qualifying data"));
  return data;
}

// Owns what Certify and Quote return.
struct Answer {
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;

  Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    Esys_Free(attest);
    Esys_Free(signature);
  }
};

Result<SignedStatement> to_statement(const Answer& answer) {
  SignedStatement statement;
  const BYTE* octets = answer.attest->attestationData;
  statement.attest.assign(octets, octets + answer.attest->size);
  statement.signature.resize(sizeof(TPMT_SIGNATURE));
  std::size_t size = 0;
  CHECK(check(
      Tss2_MU_TPMT_SIGNATURE_Marshal(answer.signature, statement.signature.data(), statement.signature.size(), &size),
      "marshalling a signature"));
  statement.signature.resize(size);
  return statement;
}

ByteView view(const TPM2B_ECC_PARAMETER& parameter) { return {parameter.buffer, parameter.size}; }

}  // namespace

Result<SignedStatement> certify(ESYS_CONTEXT* context, KeySlots& slots, Key& attestation_key, Key& key,
                                ByteView extra_data) {
  TRY(const TPM2B_DATA data, qualifying_data(extra_data));
  Answer answer;
  CHECK(slots.with_keys({&attestation_key, &key}, "TPM2_Certify", [&] {
    return Esys_Certify(context, key.handle, attestation_key.handle, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                        &data, &kSchemeOfTheKey, &answer.attest, &answer.signature);
  }));
  return to_statement(answer);
}

Result<SignedStatement> quote(ESYS_CONTEXT* context, KeySlots& slots, Key& attestation_key,
                              const evidence::tpm::PcrSelection& pcrs, ByteView extra_data) {
  TRY(const TPM2B_DATA data, qualifying_data(extra_data));
  const TPML_PCR_SELECTION selection = to_tpm(pcrs);
  Answer answer;
  CHECK(slots.with_keys({&attestation_key}, "TPM2_Quote", [&] {
    return Esys_Quote(context, attestation_key.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
                      &kSchemeOfTheKey, &selection, &answer.attest, &answer.signature);
  }));
  return to_statement(answer);
}

Result<Bytes> sign(ESYS_CONTEXT* context, KeySlots& slots, Key& key, const crypto::Digest& digest) {
  TPM2B_DIGEST input{};
  CHECK(assign(input.size, input.buffer, digest.view(), "digest"));
  // Only an unrestricted key takes a digest without the TPM's own word on where it comes from.
  constexpr TPMT_TK_HASHCHECK kNoTicket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
  std::optional<PolicySession> session;
  if (key.record.policy_pcrs) {
    TRY(PolicySession started, PolicySession::start(context, TPM2_SE_POLICY, *key.record.policy_pcrs));
    session.emplace(std::move(started));
  }
  TPMT_SIGNATURE* signature = nullptr;
  CHECK(slots.with_keys({&key}, "TPM2_Sign", [&] {
    return Esys_Sign(context, key.handle, session ? session->get() : ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                     &input, &kSchemeOfTheKey, &kNoTicket, &signature);
  }));
  const EsysOwned<TPMT_SIGNATURE> owner(signature);
  if (signature->sigAlg != TPM2_ALG_ECDSA) return fail(Errc::device_failure, "the TPM signed with another scheme");
  return crypto::ecdsa_to_der(view(signature->signature.ecdsa.signatureR), view(signature->signature.ecdsa.signatureS));
}

}  // namespace credence::rot::tpm2
