// Path validation (RFC 5280 section 6) by OpenSSL, with the choices that RFC 5280 leaves to the caller.
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/oid_text.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kMostIntermediates = 16;
constexpr int kSecurityLevel = 2;  // 112 bits: no SHA-1, no RSA below 2048 bits

using OwnedStore = Owned<X509_STORE, X509_STORE_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
// Borrows its certificates.
using CertificateStack = Owned<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;

Result<OwnedStore> make_store(std::span<const Certificate> anchors) {
  OwnedStore store(X509_STORE_new());
  if (!store) return openssl_failure("X509_STORE_new");
  for (const Certificate& anchor : anchors) {
    CHECK(expect_one(X509_STORE_add_cert(store.get(), native(anchor)), "X509_STORE_add_cert"));
  }
  return store;
}

Result<CertificateStack> make_stack(std::span<const Certificate> certificates) {
  CertificateStack stack(sk_X509_new_null());
  if (!stack) return openssl_failure("sk_X509_new_null");
  for (const Certificate& certificate : certificates) {
    if (sk_X509_push(stack.get(), native(certificate)) <= 0) return openssl_failure("sk_X509_push");
  }
  return stack;
}

void set_parameters(X509_STORE_CTX* context, Timestamp at, unsigned long more_flags) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kMostIntermediates));
  // An anchor is trusted because the caller says so, whether it signs itself or not (RFC 5280 section 6.1.1 (d)).
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | more_flags);
}

bool is_about_time(int error) noexcept {
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

std::unexpected<Error> refusal(X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  ERR_clear_error();
  return fail(is_about_time(error) ? Errc::expired : Errc::untrusted_chain,
              std::format("the certificate at depth {} is refused: {}; expected a chain to one of the given anchors",
                          depth, X509_verify_cert_error_string(error)));
}

// RFC 5280 section 4.2.1.9: every certificate above the leaf says that it is a CA. Without this check the holder of any
// leaf under an anchor could issue certificates for others. OpenSSL lets old forms of an anchor pass, we do not.
Result<void> check_authorities(const STACK_OF(X509) * chain, int first) {
  for (int depth = first; depth < sk_X509_num(chain); ++depth) {
    X509* authority = sk_X509_value(chain, depth);
    const bool may_sign = (X509_get_key_usage(authority) & KU_KEY_CERT_SIGN) != 0;  // all bits when it says nothing
    if (X509_check_ca(authority) != 1 || !may_sign) {
      return fail(Errc::untrusted_chain,
                  std::format("the certificate at depth {} signs another one, but its basicConstraints or keyUsage do "
                              "not make it a CA",
                              depth));
    }
  }
  return {};
}

// RFC 5280 section 4.2.1.3: a key kept for other uses (key agreement, encryption) must not pass for one that signs
// evidence.
Result<void> check_leaf(X509* leaf) {
  if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0) return {};
  return fail(Errc::untrusted_chain, "the leaf's keyUsage does not contain digitalSignature");
}

using OwnedPurposes = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

// The purposes of a certificate's extendedKeyUsage, dotted: none at all where it cannot be read or is there twice, and
// no vector where the certificate does not have it.
std::optional<std::vector<std::string>> purposes_of(const X509* certificate) {
  int found = 0;  // -1: no such extension
  const OwnedPurposes purposes(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, &found, nullptr)));
  ERR_clear_error();
  if (!purposes && found == -1) return std::nullopt;
  std::vector<std::string> texts;
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i)
    texts.push_back(oid_text(sk_ASN1_OBJECT_value(purposes.get(), i)));
  return texts;
}

bool is_to_sign_documents(std::string_view purpose) {
  constexpr std::array<std::string_view, 3> accepted{"1.3.6.1.5.5.7.3.3",   // id-kp-codeSigning
                                                     "1.3.6.1.5.5.7.3.36",  // id-kp-documentSigning (RFC 9336)
                                                     "2.5.29.37.0"};        // anyExtendedKeyUsage
  return std::ranges::contains(accepted, purpose);
}

// The first few: whoever made the certificate chose how many there are.
std::string some_of(const std::vector<std::string>& purposes) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < purposes.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + purposes[i];
  return purposes.size() > most ? text + ", ..." : text;
}

// RFC 5280 section 4.2.1.12: a certificate with extendedKeyUsage is for these uses only. Otherwise each TLS server with
// a certificate below an anchor could sign. The anchor is trusted for what the caller asks, whatever it says; as a leaf
// it has to say the right thing, as with keyUsage.
Result<void> check_signs_documents(const STACK_OF(X509) * chain) {
  const int anchor = std::max(1, sk_X509_num(chain) - 1);
  for (int depth = 0; depth < anchor; ++depth) {
    const auto purposes = purposes_of(sk_X509_value(chain, depth));
    if (!purposes || std::ranges::any_of(*purposes, is_to_sign_documents)) continue;
    return fail(Errc::untrusted_chain,
                std::format("the certificate at depth {} is not for signing documents: expected an extendedKeyUsage "
                            "with codeSigning (1.3.6.1.5.5.7.3.3), documentSigning (1.3.6.1.5.5.7.3.36) or "
                            "anyExtendedKeyUsage, or none, got {{{}}}; sign with a certificate that is issued for it",
                            depth, some_of(*purposes)));
  }
  return {};
}

// RFC 5280 section 6.1.4 (m), for a chain whose lowest certificate is an authority: OpenSSL takes that one for the leaf
// and does not count it, so that an authority with pathLenConstraint 0 could make others.
Result<void> check_path_lengths(const STACK_OF(X509) * chain) {
  for (int depth = 1; depth < sk_X509_num(chain); ++depth) {
    const long most = X509_get_pathlen(sk_X509_value(chain, depth));
    if (most != -1 && most < depth)
      return fail(
          Errc::untrusted_chain,
          std::format("the certificate at depth {} allows {} authorities below it, got {}", depth, most, depth));
  }
  return {};
}

// RFC 5280 section 4.2: a critical extension that nobody here understands may limit what the certificate is good for.
Result<void> check_critical(const STACK_OF(X509) * chain, std::span<const std::string_view> understood) {
  for (int depth = 0; depth < sk_X509_num(chain); ++depth) {
    const X509* certificate = sk_X509_value(chain, depth);
    for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
      X509_EXTENSION* extension = X509_get_ext(certificate, i);
      if (X509_EXTENSION_get_critical(extension) == 0 || X509_supported_extension(extension) == 1) continue;
      const std::string oid = oid_text(X509_EXTENSION_get_object(extension));
      if (!std::ranges::contains(understood, oid))
        return fail(
            Errc::untrusted_chain,
            std::format("the certificate at depth {} has a critical extension {} that is not understood", depth, oid));
    }
  }
  return {};
}

// OpenSSL takes what it needs of the certificates that it is shown, and passes over the others: nobody has signed
// those, and a caller that reads them would believe whoever put them there.
Result<void> check_presented(const STACK_OF(X509) * chain, std::span<const Certificate> presented) {
  for (std::size_t i = 0; i < presented.size(); ++i) {
    const int depth = static_cast<int>(i) + 1;
    const bool used = depth < sk_X509_num(chain) && X509_cmp(sk_X509_value(chain, depth), native(presented[i])) == 0;
    if (!used)
      return fail(Errc::untrusted_chain,
                  std::format("the certificate of {} is not part of the chain to an anchor: expected each certificate "
                              "to be issued by the next, up to an anchor at most",
                              presented[i].subject()));
  }
  return {};
}

using OwnedChain = Owned<STACK_OF(X509), [](STACK_OF(X509) * chain) { OSSL_STACK_OF_X509_free(chain); }>;

// The chain that was found, first the certificate that was asked about.
Result<OwnedChain> build_chain(const Certificate& first, std::span<const Certificate> intermediates,
                               std::span<const Certificate> anchors, Timestamp at, unsigned long more_flags) {
  if (anchors.empty()) {
    return fail(Errc::configuration, "expected at least one trust anchor, got none: configure the roots to trust");
  }
  if (intermediates.size() > kMostIntermediates) {
    return fail(Errc::too_large, std::format("expected at most {} intermediate certificates, got {}",
                                             kMostIntermediates, intermediates.size()));
  }
  ERR_clear_error();
  TRY(const OwnedStore store, make_store(anchors));
  TRY(const CertificateStack stack, make_stack(intermediates));
  const OwnedStoreContext context(X509_STORE_CTX_new_ex(library_context(), nullptr));
  if (!context) return openssl_failure("X509_STORE_CTX_new_ex");
  CHECK(expect_one(X509_STORE_CTX_init(context.get(), store.get(), native(first), stack.get()), "X509_STORE_CTX_init"));
  set_parameters(context.get(), at, more_flags);
  if (X509_verify_cert(context.get()) != 1) return refusal(context.get());
  OwnedChain chain(X509_STORE_CTX_get1_chain(context.get()));
  if (!chain) return openssl_failure("X509_STORE_CTX_get1_chain");
  return chain;
}

}  // namespace

Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> intermediates,
                          std::span<const Certificate> anchors, Timestamp at, ChainUse use) {
  TRY(const OwnedChain chain, build_chain(leaf, intermediates, anchors, at, 0));
  CHECK(check_authorities(chain.get(), 1));
  CHECK(check_leaf(native(leaf)));
  return use == ChainUse::any ? Result<void>{} : check_signs_documents(chain.get());
}

Result<void> verify_authority(const Certificate& authority, const AuthorityPath& path, Timestamp at,
                              std::span<const std::string_view> understood) {
  std::vector<Certificate> above(path.presented.begin(), path.presented.end());
  above.insert(above.end(), path.others.begin(), path.others.end());
  TRY(const OwnedChain chain, build_chain(authority, above, path.anchors, at, X509_V_FLAG_IGNORE_CRITICAL));
  CHECK(check_presented(chain.get(), path.presented));
  CHECK(check_critical(chain.get(), understood));
  CHECK(check_authorities(chain.get(), 0));
  return check_path_lengths(chain.get());
}

Result<void> verify_issued_by(const Certificate& certificate, const Certificate& issuer) {
  X509* const subject = native(certificate);
  if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(native(issuer))) != 0)
    return fail(Errc::untrusted_chain, std::format("the certificate of {} does not name {} as its issuer",
                                                   certificate.subject(), issuer.subject()));
  TRY(const PublicKey key, issuer.public_key());
  ERR_clear_error();
  const int answer = X509_verify(subject, native(key));
  ERR_clear_error();
  if (answer == 1) return {};
  return fail(Errc::untrusted_chain,
              std::format("the certificate of {} is not signed by {}", certificate.subject(), issuer.subject()));
}

}  // namespace credence::crypto
