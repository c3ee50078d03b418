// What the TPM commands behind evidence and behind a TLS signature cost through ESYS alone, with loaded keys and
// password authorization, over libtpms in this process.
//
//   baseline_esys [--operation attest|sign] [--tcti CONFIGURATION] [--seconds S]
//
// attest: one TPM2_Certify of the TLS key and one TPM2_Quote of SHA-256 PCR 0, 1, 2. sign: one TPM2_Sign.
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include <memory>
#include <string>

#include "measure.h"

namespace {

using bench::require;

struct FreeWithEsys {
  void operator()(void* object) const noexcept { Esys_Free(object); }
};
template <typename T>
using FromEsys = std::unique_ptr<T, FreeWithEsys>;

constexpr TPMA_OBJECT kSigningKey = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT;
constexpr TPMT_SIG_SCHEME kSchemeOfTheKey{.scheme = TPM2_ALG_NULL, .details = {}};

class Tpm {
 public:
  explicit Tpm(const std::string& configuration) {
    require(Tss2_TctiLdr_Initialize(configuration.c_str(), &tcti_) == TSS2_RC_SUCCESS, "TCTI");
    require(Esys_Initialize(&esys_, tcti_, nullptr) == TSS2_RC_SUCCESS, "Esys_Initialize");
    const TSS2_RC started = Esys_Startup(esys_, TPM2_SU_CLEAR);
    require(started == TSS2_RC_SUCCESS || started == TPM2_RC_INITIALIZE, "TPM2_Startup");
  }
  ~Tpm() {
    Esys_Finalize(&esys_);
    Tss2_TctiLdr_Finalize(&tcti_);
  }
  Tpm(const Tpm&) = delete;
  Tpm& operator=(const Tpm&) = delete;

  [[nodiscard]] ESYS_CONTEXT* esys() const noexcept { return esys_; }

 private:
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

// An ECDSA P-256 SHA-256 primary key with a password.
ESYS_TR make_key(const Tpm& tpm, ESYS_TR hierarchy, TPMA_OBJECT attributes) {
  TPM2B_PUBLIC area{};
  area.publicArea.type = TPM2_ALG_ECC;
  area.publicArea.nameAlg = TPM2_ALG_SHA256;
  area.publicArea.objectAttributes = attributes;
  auto& parameters = area.publicArea.parameters.eccDetail;
  parameters.symmetric.algorithm = TPM2_ALG_NULL;
  parameters.scheme.scheme = TPM2_ALG_ECDSA;
  parameters.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  parameters.curveID = TPM2_ECC_NIST_P256;
  parameters.kdf.scheme = TPM2_ALG_NULL;
  TPM2B_SENSITIVE_CREATE sensitive{};
  sensitive.sensitive.userAuth = {.size = 32, .buffer = {1, 2, 3}};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation_pcrs{};
  ESYS_TR key = ESYS_TR_NONE;
  require(Esys_CreatePrimary(tpm.esys(), hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &area,
                             &outside, &creation_pcrs, &key, nullptr, nullptr, nullptr, nullptr) == TSS2_RC_SUCCESS,
          "TPM2_CreatePrimary");
  require(Esys_TR_SetAuth(tpm.esys(), key, &sensitive.sensitive.userAuth) == TSS2_RC_SUCCESS, "Esys_TR_SetAuth");
  return key;
}

void certify(const Tpm& tpm, ESYS_TR key, ESYS_TR attestation_key, const TPM2B_DATA& binder) {
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  require(Esys_Certify(tpm.esys(), key, attestation_key, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE, &binder,
                       &kSchemeOfTheKey, &attest, &signature) == TSS2_RC_SUCCESS,
          "TPM2_Certify");
  const FromEsys<TPM2B_ATTEST> attest_owner(attest);
  const FromEsys<TPMT_SIGNATURE> signature_owner(signature);
  require(attest->size > 0 && signature->sigAlg == TPM2_ALG_ECDSA, "TPM2_Certify");
}

void quote(const Tpm& tpm, ESYS_TR attestation_key, const TPM2B_DATA& binder) {
  const TPML_PCR_SELECTION pcrs{.count = 1,
                                .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0x07}}}};
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  require(Esys_Quote(tpm.esys(), attestation_key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &binder,
                     &kSchemeOfTheKey, &pcrs, &attest, &signature) == TSS2_RC_SUCCESS,
          "TPM2_Quote");
  const FromEsys<TPM2B_ATTEST> attest_owner(attest);
  const FromEsys<TPMT_SIGNATURE> signature_owner(signature);
  require(attest->size > 0 && signature->sigAlg == TPM2_ALG_ECDSA, "TPM2_Quote");
}

void sign(const Tpm& tpm, ESYS_TR key, const TPM2B_DIGEST& digest) {
  const TPMT_TK_HASHCHECK no_ticket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
  TPMT_SIGNATURE* signature = nullptr;
  require(Esys_Sign(tpm.esys(), key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &kSchemeOfTheKey,
                    &no_ticket, &signature) == TSS2_RC_SUCCESS,
          "TPM2_Sign");
  const FromEsys<TPMT_SIGNATURE> owner(signature);
  require(signature->sigAlg == TPM2_ALG_ECDSA, "TPM2_Sign");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string configuration(bench::argument(count, arguments, "--tcti", "libtpms"));
  const double seconds = bench::seconds_argument(count, arguments);
  const Tpm tpm(configuration);
  const ESYS_TR tls_key = make_key(tpm, ESYS_TR_RH_OWNER, kSigningKey);
  const ESYS_TR attestation_key = make_key(tpm, ESYS_TR_RH_ENDORSEMENT, kSigningKey | TPMA_OBJECT_RESTRICTED);
  const std::string described = R"("tcti":")" + configuration + R"(","curve":"P-256")";
  if (bench::argument(count, arguments, "--operation", "attest") == "sign") {
    const TPM2B_DIGEST digest{.size = 32, .buffer = {}};
    bench::print("esys_sign", bench::measure(seconds, [&] { sign(tpm, tls_key, digest); }), described);
  } else {
    const TPM2B_DATA binder{.size = 32, .buffer = {}};
    const auto attest = [&] {
      certify(tpm, tls_key, attestation_key, binder);
      quote(tpm, attestation_key, binder);
    };
    bench::print("esys_attest", bench::measure(seconds, attest), described);
  }
}
