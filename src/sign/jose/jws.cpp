#include "sign/jose/jws.h"

#include <array>
#include <format>
#include <utility>

#include "base/text.h"

namespace credence::jose {
namespace {

constexpr std::size_t kRoomForHeader = 48;      // characters, without the kid
constexpr std::size_t kRoomForSignature = 192;  // characters, of ECDSA; one of RSA makes the text grow

struct Header {
  crypto::SignatureAlgorithm algorithm;
  std::optional<std::string> type;
  std::optional<std::string> kid;
};

// header '.' payload '.' signature
Result<std::array<std::string_view, 3>> split(std::string_view compact) {
  const std::size_t first = compact.find('.');
  const std::size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) {
    return fail(Errc::malformed, "expected a JWS of three parts with '.' between them");
  }
  return std::array{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                    compact.substr(second + 1)};
}

Result<Bytes> decode_part(std::string_view part, std::string_view name) {
  auto octets = from_base64url(part);
  if (!octets) return within(name, std::move(octets).error());
  return octets;
}

Result<std::optional<std::string>> owned_text(const json::Object& object, std::string_view member) {
  TRY(const auto text, json::optional_text(object, member));
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// RFC 7515 section 4.1.11 and RFC 7797 section 6: crit names extensions that must be understood, and none is; b64
// changes what is signed. To ignore either is to take the message for something that its signer did not say.
Result<void> refuse_extensions(const json::Object& header) {
  for (const std::string_view member : {"crit", "b64"}) {
    if (header.contains(member)) {
      return fail_in(Errc::unsupported, std::string(member), "expected a JWS without extensions");
    }
  }
  return {};
}

// RFC 8725 section 3.1: "none" is a signature that anyone can make. Names are compared exactly, so that "None" is not
// an algorithm either.
Result<crypto::SignatureAlgorithm> decode_algorithm(const json::Object& header) {
  TRY(const std::string_view alg, json::required_text(header, "alg"));
  auto algorithm = crypto::signature_algorithm_from_name(alg);
  if (!algorithm) return within("alg", std::move(algorithm).error());
  return algorithm;
}

Result<Header> decode_header(std::string_view part) {
  TRY(const Bytes octets, from_base64url(part));
  TRY(const json::Value value, json::parse(as_text(octets)));
  TRY(const json::Object* header, json::as_object(value, ""));
  CHECK(refuse_extensions(*header));
  TRY(const crypto::SignatureAlgorithm algorithm, decode_algorithm(*header));
  TRY(std::optional<std::string> type, owned_text(*header, "typ"));
  TRY(std::optional<std::string> kid, owned_text(*header, "kid"));
  return Header{.algorithm = algorithm, .type = std::move(type), .kid = std::move(kid)};
}

std::string header_text(crypto::SignatureAlgorithm algorithm, std::optional<std::string_view> kid) {
  std::string text;
  text.reserve(kRoomForHeader + kid.value_or("").size());
  json::append_string(text += R"({"alg":)", crypto::name(algorithm));
  json::append_string(text += R"(,"typ":)", "JWT");
  if (kid) json::append_string(text += R"(,"kid":)", *kid);
  return text += '}';
}

}  // namespace

Result<Jws> decode_jws(std::string_view compact, const Limits& limits) {
  if (compact.size() > limits.bytes) {
    return fail(Errc::too_large,
                std::format("expected a JWS of at most {} octets, got {}", limits.bytes, compact.size()));
  }
  TRY(const auto parts, split(compact));
  auto header = decode_header(parts[0]);
  if (!header) return within("header", std::move(header).error());
  TRY(Bytes payload, decode_part(parts[1], "payload"));
  TRY(Bytes signature, decode_part(parts[2], "signature"));
  return Jws{.signing_input = std::string(compact.substr(0, parts[0].size() + 1 + parts[1].size())),
             .algorithm = header->algorithm,
             .type = std::move(header->type),
             .kid = std::move(header->kid),
             .payload = std::move(payload),
             .signature = std::move(signature)};
}

Result<void> verify(const Jws& jws, const crypto::PublicKey& key) {
  return key.verify(jws.algorithm, as_bytes(jws.signing_input), jws.signature);
}

Result<std::string> sign_jws(const crypto::PrivateKey& key, ByteView payload, std::optional<std::string_view> kid,
                             std::optional<crypto::SignatureAlgorithm> algorithm) {
  const crypto::SignatureAlgorithm chosen = algorithm.value_or(key.default_algorithm());
  const std::string header = header_text(chosen, kid);
  std::string token;
  token.reserve((header.size() + payload.size()) * 4 / 3 + kRoomForSignature);
  append_base64url(token, as_bytes(header));
  append_base64url(token += '.', payload);
  TRY(const Bytes signature, key.sign(chosen, as_bytes(token)));
  append_base64url(token += '.', signature);
  return token;
}

}  // namespace credence::jose
