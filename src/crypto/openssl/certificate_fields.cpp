// Names and extensions of a certificate.
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <array>
#include <format>

#include "crypto/certificate_fields.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/oid_text.h"

namespace credence::crypto {
namespace {

using OwnedObject = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OwnedText = Owned<unsigned char, [](void* memory) { OPENSSL_free(memory); }>;

std::optional<std::string> first_of(const X509_NAME* name, int attribute) {
  const int index = X509_NAME_get_index_by_NID(name, attribute, -1);
  if (index < 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  const OwnedText owner(text);
  ERR_clear_error();
  if (size <= 0) return std::nullopt;
  return std::string(as_text(ByteView(text, static_cast<std::size_t>(size))));
}

NameParts parts_of(const X509_NAME* name) {
  return {.organization = first_of(name, NID_organizationName), .common_name = first_of(name, NID_commonName)};
}

}  // namespace

std::string oid_text(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int size = OBJ_obj2txt(text.data(), text.size(), object, 1);
  if (size <= 0 || static_cast<std::size_t>(size) >= text.size()) return "(an OID that is too long)";
  return text.data();
}

NameParts subject_parts(const Certificate& certificate) { return parts_of(X509_get_subject_name(native(certificate))); }

NameParts issuer_parts(const Certificate& certificate) { return parts_of(X509_get_issuer_name(native(certificate))); }

Result<std::optional<ByteView>> extension(const Certificate& from, std::string_view oid) {
  const OwnedObject object(OBJ_txt2obj(std::string(oid).c_str(), 1));
  if (!object) return openssl_failure("OBJ_txt2obj");
  const X509* certificate = native(from);
  const int index = X509_get_ext_by_OBJ(certificate, object.get(), -1);
  if (index < 0) return std::nullopt;
  if (X509_get_ext_by_OBJ(certificate, object.get(), index) >= 0)
    return fail(Errc::duplicate_key, std::format("the certificate has the extension {} twice", oid));
  const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(X509_get_ext(certificate, index));
  return ByteView(ASN1_STRING_get0_data(content), static_cast<std::size_t>(ASN1_STRING_length(content)));
}

std::vector<std::string> critical_extensions(const Certificate& of) {
  std::vector<std::string> oids;
  const X509* certificate = native(of);
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate, i);
    if (X509_EXTENSION_get_critical(extension) != 0) oids.push_back(oid_text(X509_EXTENSION_get_object(extension)));
  }
  return oids;
}

}  // namespace credence::crypto
