#include "channel/early/scheme.h"

#include <utility>

namespace credence::channel::early {
namespace {

enum class Mechanism : std::uint8_t { evidence = 0, result = 1 };
enum class TypeEncoding : std::uint8_t { content_format = 0, media_type = 1 };
constexpr tls::Bounds kText{.minimum = 0, .maximum = 0xffff};

Result<std::string> read_text(tls::Reader& reader, std::string_view what) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.vector(kText));
  if (octets.empty()) return fail_at(Errc::invalid_value, start, "expected a " + std::string(what) + ", got none");
  return std::string(as_text(octets));
}

Result<EvidenceType> read_evidence_type(tls::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint8_t encoding, reader.u8());
  switch (TypeEncoding{encoding}) {
    case TypeEncoding::content_format: {
      TRY(const std::uint16_t format, reader.u16());
      return EvidenceType{format};
    }
    case TypeEncoding::media_type: {
      TRY(std::string media_type, read_text(reader, "media type"));
      return EvidenceType{std::move(media_type)};
    }
  }
  return fail_at(Errc::invalid_value, start,
                 "expected typeEncoding 0 (CONTENT_FORMAT) or 1 (MEDIA_TYPE), got " + std::to_string(encoding));
}

bool same_type(const rats::CmwType& left, const rats::CmwType& right) noexcept {
  const auto* left_media = std::get_if<std::string>(&left);
  const auto* right_media = std::get_if<std::string>(&right);
  if (left_media != nullptr && right_media != nullptr) return rats::same_media_type(*left_media, *right_media);
  const auto* left_format = std::get_if<std::uint16_t>(&left);
  const auto* right_format = std::get_if<std::uint16_t>(&right);
  return left_format != nullptr && right_format != nullptr && *left_format == *right_format;
}

}  // namespace

bool same(const Scheme& left, const Scheme& right) noexcept {
  const auto* left_evidence = std::get_if<EvidenceType>(&left);
  const auto* right_evidence = std::get_if<EvidenceType>(&right);
  if (left_evidence != nullptr && right_evidence != nullptr)
    return same_type(left_evidence->type, right_evidence->type);
  const auto* left_verifier = std::get_if<VerifierIdentity>(&left);
  const auto* right_verifier = std::get_if<VerifierIdentity>(&right);
  return left_verifier != nullptr && right_verifier != nullptr && left_verifier->uri == right_verifier->uri;
}

std::string describe(const Scheme& scheme) {
  if (const auto* verifier = std::get_if<VerifierIdentity>(&scheme)) return "result of " + verifier->uri;
  const rats::CmwType& type = std::get<EvidenceType>(scheme).type;
  if (const auto* media_type = std::get_if<std::string>(&type)) return "evidence " + *media_type;
  return "evidence of content format " + std::to_string(std::get<std::uint16_t>(type));
}

Result<Scheme> read_scheme(tls::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint8_t mechanism, reader.u8());
  switch (Mechanism{mechanism}) {
    case Mechanism::evidence: {
      TRY(EvidenceType type, read_evidence_type(reader));
      return Scheme(std::move(type));
    }
    case Mechanism::result: {
      TRY(std::string uri, read_text(reader, "verifier identity"));
      return Scheme(VerifierIdentity{std::move(uri)});
    }
  }
  // What follows an unknown mechanism has no length: nothing after it could be read.
  return fail_at(Errc::invalid_value, start,
                 "expected AttestationMechanism 0 (evidence) or 1 (result), got " + std::to_string(mechanism));
}

Result<void> write_scheme(tls::Writer& writer, const Scheme& scheme) {
  if (const auto* verifier = std::get_if<VerifierIdentity>(&scheme)) {
    writer.u8(std::to_underlying(Mechanism::result));
    return writer.vector(as_bytes(verifier->uri), kText);
  }
  writer.u8(std::to_underlying(Mechanism::evidence));
  const rats::CmwType& type = std::get<EvidenceType>(scheme).type;
  if (const auto* media_type = std::get_if<std::string>(&type)) {
    writer.u8(std::to_underlying(TypeEncoding::media_type));
    return writer.vector(as_bytes(*media_type), kText);
  }
  writer.u8(std::to_underlying(TypeEncoding::content_format)).u16(std::get<std::uint16_t>(type));
  return {};
}

Result<std::vector<Scheme>> read_schemes(tls::Reader& reader) {
  TRY(tls::Reader list, reader.nested({.minimum = 0, .maximum = 0xffff}));
  std::vector<Scheme> schemes;
  while (!list.at_end()) {
    if (schemes.size() == kMostSchemes) {
      return fail_at(Errc::too_large, list.offset(),
                     "expected at most " + std::to_string(kMostSchemes) + " attestation schemes, got more");
    }
    TRY(Scheme scheme, read_scheme(list));
    schemes.push_back(std::move(scheme));
  }
  return schemes;
}

Result<void> write_schemes(tls::Writer& writer, std::span<const Scheme> schemes) {
  tls::Writer list;
  for (const Scheme& scheme : schemes) CHECK(write_scheme(list, scheme));
  return writer.vector(list.view(), {.minimum = 0, .maximum = 0xffff});
}

}  // namespace credence::channel::early
