#include "crypto/revocation_list.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "base/guarded_clock.h"
#include "base/text.h"
#include "crypto/openssl/asn1_values.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/oid_text.h"
#include "crypto/openssl/pem.h"

namespace credence::crypto {
namespace {

using OwnedList = Owned<X509_CRL, X509_CRL_free>;
using OwnedInteger = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using OwnedReason = Owned<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using OwnedPssParameters = Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;

constexpr std::size_t kLargestNumber = 20;  // RFC 5280 section 5.2.3
// Section 5.3.1. 7 is not used, 8 takes an entry off: in delta lists.
constexpr std::array<std::string_view, 11> kReasons = {"unspecified",
                                                       "keyCompromise",
                                                       "cACompromise",
                                                       "affiliationChanged",
                                                       "superseded",
                                                       "cessationOfOperation",
                                                       "certificateHold",
                                                       "",
                                                       "",
                                                       "privilegeWithdrawn",
                                                       "aACompromise"};

// What the extensions of a list, or of one entry, may be.
struct Known {
  std::array<int, 2> understood;
  std::array<int, 2> of_part;  // that say, critical or not, that the list is not all of its issuer's and nothing else
};
constexpr Known kOfList{.understood = {NID_crl_number, NID_authority_key_identifier},
                        .of_part = {NID_delta_crl, NID_issuing_distribution_point}};
constexpr Known kOfEntry{.understood = {NID_crl_reason, NID_invalidity_date},
                         .of_part = {NID_certificate_issuer, NID_delta_crl}};

// RFC 5280 sections 5.2 and 5.3: what is critical and not understood may change what the list says.
Result<void> check_extensions(const STACK_OF(X509_EXTENSION) * extensions, const Known& known) {
  std::vector<int> seen;
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    X509_EXTENSION* extension = sk_X509_EXTENSION_value(extensions, i);
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(extension);
    const int identifier = OBJ_obj2nid(object);
    if (std::ranges::contains(known.of_part, identifier))
      return fail(Errc::unsupported,
                  std::format("expected a complete revocation list of its issuer's own certificates, got the extension "
                              "{} of a delta, partial or indirect list",
                              oid_text(object)));
    if (!std::ranges::contains(known.understood, identifier)) {
      if (X509_EXTENSION_get_critical(extension) == 0) continue;
      return fail(Errc::unsupported, std::format("the revocation list has a critical extension {} that is not "
                                                 "understood",
                                                 oid_text(object)));
    }
    if (std::ranges::contains(seen, identifier))
      return fail(Errc::duplicate_key, std::format("the extension {} is there twice", oid_text(object)));
    seen.push_back(identifier);
  }
  return {};
}

Result<std::string_view> reason_of(const X509_REVOKED* entry) {
  int found = 0;  // -1: no such extension
  const OwnedReason code(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &found, nullptr)));
  ERR_clear_error();
  if (!code && found == -1) return "no reason given";
  std::int64_t number = -1;
  if (code && ASN1_ENUMERATED_get_int64(&number, code.get()) == 1 && number >= 0 &&
      std::cmp_less(number, kReasons.size()) && !kReasons.at(static_cast<std::size_t>(number)).empty())
    return kReasons.at(static_cast<std::size_t>(number));
  return fail(Errc::invalid_value, "reasonCode: expected one of 0 to 6, 9 and 10");
}

Result<std::vector<RevocationList::Entry>> entries_of(X509_CRL* list) {
  std::vector<RevocationList::Entry> entries;
  const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(revoked, i);
    CHECK(check_extensions(X509_REVOKED_get0_extensions(entry), kOfEntry));
    TRY(const std::string_view reason, reason_of(entry));
    TRY(const Timestamp since, timestamp_of(X509_REVOKED_get0_revocationDate(entry)));
    entries.push_back(
        {.serial = magnitude_of(X509_REVOKED_get0_serialNumber(entry)), .since = since, .reason = reason});
  }
  std::ranges::sort(entries, {}, &RevocationList::Entry::serial);
  return entries;
}

Result<std::optional<Bytes>> number_of(const X509_CRL* list) {
  int found = 0;
  const OwnedInteger number(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, &found, nullptr)));
  ERR_clear_error();
  if (!number && found == -1) return std::nullopt;
  if (!number || ASN1_STRING_type(number.get()) == V_ASN1_NEG_INTEGER)
    return fail_in(Errc::invalid_value, "cRLNumber", "expected an INTEGER that is not negative");
  Bytes octets = magnitude_of(number.get());
  if (octets.size() > kLargestNumber)
    return fail_in(Errc::too_large, "cRLNumber",
                   std::format("expected at most {} octets, got {}", kLargestNumber, octets.size()));
  return octets;
}

Result<std::uint32_t> hash_of(const X509_NAME* name) {
  int made = 0;
  const unsigned long hash = X509_NAME_hash_ex(name, library_context(), nullptr, &made);
  if (made != 1) return openssl_failure("X509_NAME_hash_ex");
  return static_cast<std::uint32_t>(hash);
}

// What a signature hashes with; NID_undef when that cannot be told.
int digest_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  int type = V_ASN1_UNDEF;
  const void* parameters = nullptr;
  X509_ALGOR_get0(&object, &type, &parameters, algorithm);
  const int identifier = OBJ_obj2nid(object);
  if (identifier == NID_ED25519) return NID_sha512;
  if (identifier != NID_rsassaPss) {
    int digest = NID_undef;
    OBJ_find_sigid_algs(identifier, &digest, nullptr);
    return digest;
  }
  if (type != V_ASN1_SEQUENCE) return NID_undef;
  const auto* encoded = static_cast<const ASN1_STRING*>(parameters);
  const unsigned char* at = ASN1_STRING_get0_data(encoded);
  const OwnedPssParameters read(d2i_RSA_PSS_PARAMS(nullptr, &at, ASN1_STRING_length(encoded)));
  ERR_clear_error();
  if (!read) return NID_undef;
  if (read->hashAlgorithm == nullptr) return NID_sha1;  // RFC 4055 section 3.1
  X509_ALGOR_get0(&object, nullptr, nullptr, read->hashAlgorithm);
  return OBJ_obj2nid(object);
}

Result<OwnedList> decode_list(ByteView der) {
  if (der.size() > kLargestRevocationList)
    return fail(Errc::too_large, std::format("expected a revocation list of at most {} octets, got {}",
                                             kLargestRevocationList, der.size()));
  X509_CRL* decoded = X509_CRL_new_ex(library_context(), nullptr);
  if (decoded == nullptr) return openssl_failure("X509_CRL_new_ex");
  const unsigned char* at = der.data();
  ERR_clear_error();
  // On failure d2i_X509_CRL frees what it was given.
  if (d2i_X509_CRL(&decoded, &at, static_cast<long>(der.size())) == nullptr)
    return fail(Errc::malformed, "expected a revocation list (RFC 5280) in DER: " + last_error());
  OwnedList list(decoded);
  ERR_clear_error();
  if (at != der.data() + der.size())
    return fail_at(Errc::trailing_bytes, static_cast<std::size_t>(at - der.data()), "octets follow the list");
  if (X509_CRL_get_version(list.get()) != X509_CRL_VERSION_2)
    return fail_in(
        Errc::unsupported, "version",
        std::format("expected a revocation list of version 2, got {}", X509_CRL_get_version(list.get()) + 1));
  return list;
}

}  // namespace

struct RevocationList::State {
  OwnedList list;
  Bytes der;
  std::string issuer;
  std::uint32_t issuer_hash;
  Timestamp this_update;
  Timestamp next_update;
  std::optional<Bytes> number;
  std::vector<Entry> entries;  // by serial number
};

Result<RevocationList> RevocationList::from_der(ByteView der) {
  TRY(OwnedList list, decode_list(der));
  CHECK(check_extensions(X509_CRL_get0_extensions(list.get()), kOfList));
  if (X509_CRL_get0_nextUpdate(list.get()) == nullptr)
    return fail_in(Errc::missing_member, "nextUpdate", "expected a list that says until when it is current");
  TRY(const Timestamp this_update, timestamp_of(X509_CRL_get0_lastUpdate(list.get())));
  TRY(const Timestamp next_update, timestamp_of(X509_CRL_get0_nextUpdate(list.get())));
  TRY(std::optional<Bytes> number, number_of(list.get()));
  TRY(std::vector<Entry> entries, entries_of(list.get()));
  std::string issuer = rfc2253_text(X509_CRL_get_issuer(list.get()));
  TRY(const std::uint32_t issuer_hash, hash_of(X509_CRL_get_issuer(list.get())));
  return RevocationList(std::make_shared<const State>(std::move(list), to_bytes(der), std::move(issuer), issuer_hash,
                                                      this_update, next_update, std::move(number), std::move(entries)));
}

Result<RevocationList> RevocationList::from_pem(std::string_view pem) {
  TRY(const SecretBytes der, read_one_pem(as_bytes(pem), "X509 CRL", kLargestRevocationListPem));
  return from_der(der.view());
}

ByteView RevocationList::der() const noexcept { return state_->der; }
const std::string& RevocationList::issuer() const noexcept { return state_->issuer; }
std::uint32_t RevocationList::issuer_hash() const noexcept { return state_->issuer_hash; }
Timestamp RevocationList::this_update() const noexcept { return state_->this_update; }
Timestamp RevocationList::next_update() const noexcept { return state_->next_update; }
const std::optional<Bytes>& RevocationList::number() const noexcept { return state_->number; }
std::span<const RevocationList::Entry> RevocationList::entries() const noexcept { return state_->entries; }

std::string RevocationList::version() const {
  const std::string of = "of " + to_rfc3339(this_update());
  return number() ? std::format("number 0x{} {}", to_hex(*number()), of) : of;
}

Result<void> RevocationList::verify(const PublicKey& issuer) const {
  const X509_ALGOR* algorithm = nullptr;
  X509_CRL_get0_signature(state_->list.get(), nullptr, &algorithm);
  const int digest = digest_of(algorithm);
  if (!std::ranges::contains(std::array{NID_sha256, NID_sha384, NID_sha512}, digest))
    return fail(Errc::unsupported_algorithm,
                std::format("the revocation list of {} is signed with {}: expected SHA-256, SHA-384 or SHA-512",
                            state_->issuer, digest == NID_undef ? "an unknown hash" : OBJ_nid2sn(digest)));
  ERR_clear_error();
  const int answer = X509_CRL_verify(state_->list.get(), native(issuer));
  ERR_clear_error();
  if (answer == 1) return {};
  return fail(
      Errc::bad_signature,
      std::format("the revocation list of {} is not signed by the key that is given for its issuer", state_->issuer));
}

Result<void> RevocationList::verify(const Certificate& issuer) const {
  if (X509_NAME_cmp(X509_CRL_get_issuer(state_->list.get()), X509_get_subject_name(native(issuer))) != 0)
    return fail(Errc::untrusted_chain, std::format("the revocation list is by {}, the certificate of {}: expected that "
                                                   "of the list's issuer",
                                                   state_->issuer, issuer.subject()));
  constexpr int kAuthority = 1;  // by basicConstraints, and by keyUsage where it has that
  if (X509_check_ca(native(issuer)) != kAuthority)
    return fail(Errc::untrusted_chain,
                std::format("expected the certificate of who issues the certificates (basicConstraints CA, keyUsage "
                            "keyCertSign), {} is no such authority: a list by who signs lists only is asked about "
                            "nothing",
                            issuer.subject()));
  if ((X509_get_key_usage(native(issuer)) & KU_CRL_SIGN) == 0)
    return fail(
        Errc::untrusted_chain,
        std::format("the keyUsage of {} does not contain cRLSign: it signs no revocation lists", issuer.subject()));
  TRY(const PublicKey key, issuer.public_key());
  return verify(key);
}

Result<void> RevocationList::check_current(Timestamp now) const {
  if (now >= next_update())
    return fail(Errc::expired, std::format("the revocation list of {} expired at {}: provision a current one", issuer(),
                                           to_rfc3339(next_update())));
  if (now < this_update() - kClockTolerance)
    return fail(Errc::expired, std::format("the revocation list of {} is valid from {} on, now it is {}: set the clock "
                                           "right, or provision a current one",
                                           issuer(), to_rfc3339(this_update()), to_rfc3339(now)));
  return {};
}

bool RevocationList::is_older_than(const RevocationList& other) const {
  const auto by_size = [](const Bytes& number) { return std::pair(number.size(), number); };
  if (number() && other.number() && *number() != *other.number()) return by_size(*number()) < by_size(*other.number());
  return this_update() < other.this_update();
}

bool RevocationList::is_about(const Certificate& certificate) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(state_->list.get()), X509_get_issuer_name(native(certificate))) == 0;
}

const RevocationList::Entry* RevocationList::find(const Bytes& serial) const {
  const auto found = std::ranges::lower_bound(state_->entries, serial, {}, &Entry::serial);
  return found != state_->entries.end() && found->serial == serial ? &*found : nullptr;
}

}  // namespace credence::crypto
