#include "evidence/sevsnp/vek.h"

#include <format>
#include <string_view>

#include "crypto/certificate_fields.h"
#include "crypto/der.h"

namespace credence::evidence::sevsnp {
namespace {

namespace der = crypto::der;

constexpr std::string_view kProductName = "1.3.6.1.4.1.3704.1.2";
constexpr std::string_view kBootLoaderSpl = "1.3.6.1.4.1.3704.1.3.1";
constexpr std::string_view kTeeSpl = "1.3.6.1.4.1.3704.1.3.2";
constexpr std::string_view kSnpSpl = "1.3.6.1.4.1.3704.1.3.3";
constexpr std::string_view kMicrocodeSpl = "1.3.6.1.4.1.3704.1.3.8";
constexpr std::string_view kFmcSpl = "1.3.6.1.4.1.3704.1.3.9";
constexpr std::string_view kHardwareId = "1.3.6.1.4.1.3704.1.4";
constexpr std::string_view kCspId = "1.3.6.1.4.1.3704.1.5";

Result<ByteView> required(const crypto::Certificate& certificate, std::string_view oid) {
  TRY(const auto content, crypto::extension(certificate, oid));
  if (!content) return fail(Errc::missing_member, std::format("the certificate has no extension {}", oid));
  return *content;
}

Result<std::string> ia5_text(ByteView content) {
  der::Reader reader(content);
  TRY(const ByteView text, reader.element(der::Tag::ia5_string));
  CHECK(reader.finish());
  return std::string(as_text(text));
}

Result<std::uint8_t> level(const crypto::Certificate& certificate, std::string_view oid) {
  TRY(const ByteView content, required(certificate, oid));
  der::Reader reader(content);
  TRY(const ByteView value, reader.unsigned_integer());
  CHECK(reader.finish());
  if (value.size() > 1)
    return fail(Errc::invalid_value, std::format("extension {}: expected a patch level up to 255", oid));
  return value.empty() ? std::uint8_t{0} : value[0];
}

Result<Tcb> read_tcb(const crypto::Certificate& certificate, Product product) {
  Tcb tcb;
  if (product == Product::turin) {
    TRY(tcb.fmc, level(certificate, kFmcSpl));
  }
  TRY(tcb.boot_loader, level(certificate, kBootLoaderSpl));
  TRY(tcb.tee, level(certificate, kTeeSpl));
  TRY(tcb.snp, level(certificate, kSnpSpl));
  TRY(tcb.microcode, level(certificate, kMicrocodeSpl));
  return tcb;
}

// A VCEK names its chip, a VLEK its cloud provider.
Result<void> read_owner(const crypto::Certificate& certificate, Vek& vek) {
  TRY(const auto hardware_id, crypto::extension(certificate, kHardwareId));
  TRY(const auto csp_id, crypto::extension(certificate, kCspId));
  if (hardware_id.has_value() == csp_id.has_value())
    return fail(hardware_id ? Errc::invalid_value : Errc::missing_member,
                std::format("expected either a hwID ({}) or a cspID ({})", kHardwareId, kCspId));
  if (csp_id) {
    vek.kind = SigningKey::vlek;
    TRY(vek.csp_id, ia5_text(*csp_id));
    return {};
  }
  constexpr std::size_t shortest = 8;
  constexpr std::size_t longest = 64;
  if (hardware_id->size() < shortest || hardware_id->size() > longest)
    return fail(Errc::invalid_value,
                std::format("hwID: expected {} to {} octets, got {}", shortest, longest, hardware_id->size()));
  vek.hardware_id = to_bytes(*hardware_id);
  return {};
}

// "SEV-Milan" issues VCEKs of Milan, "SEV-VLEK-Milan" VLEKs; both are issued by "ARK-Milan".
Result<void> read_issuer(const crypto::Certificate& certificate, Vek& vek) {
  const crypto::NameParts issuer = crypto::issuer_parts(certificate);
  if (!issuer.organization) return fail(Errc::missing_member, "the certificate's issuer has no organization");
  const std::string expected = std::format("SEV-{}{}", vek.kind == SigningKey::vlek ? "VLEK-" : "", name(vek.product));
  if (issuer.common_name != expected)
    return fail(Errc::invalid_value,
                std::format("expected {} as the issuer of a {} of {}, got {}", expected, name(vek.kind),
                            name(vek.product), issuer.common_name.value_or("none")));
  vek.root_organization = *issuer.organization;
  vek.root_name = std::format("ARK-{}", name(vek.product));
  return {};
}

}  // namespace

Result<Vek> read_vek(const crypto::Certificate& certificate) {
  TRY(const ByteView product_name, required(certificate, kProductName));
  TRY(const std::string text, ia5_text(product_name));
  TRY(const Product product, product_from_name(text));
  TRY(const Tcb tcb, read_tcb(certificate, product));
  Vek vek{.certificate = certificate,
          .kind = SigningKey::vcek,
          .product = product,
          .tcb = tcb,
          .hardware_id = {},
          .csp_id = {},
          .root_organization = {},
          .root_name = {}};
  CHECK(read_owner(certificate, vek));
  CHECK(read_issuer(certificate, vek));
  return vek;
}

}  // namespace credence::evidence::sevsnp
