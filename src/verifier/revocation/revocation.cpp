#include "verifier/revocation/revocation.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"

namespace credence::verifier {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"kid", "key", "instance", "corim", "signer", "certificate", "crl"};
constexpr std::size_t kMostOctets = 512, kMostText = 1'024;

Result<Revoked> kind_from(std::string_view text) {
  const auto found = std::ranges::find(kNames, text);
  if (found == kNames.end()) {
    return fail_in(Errc::invalid_value, "kind",
                   std::format("expected kid, key, instance, corim, signer, certificate or crl, got \"{}\"", text));
  }
  return static_cast<Revoked>(found - kNames.begin());
}

Result<Bytes> value_from(Revoked kind, std::string_view text) {
  if (text.empty() || text.size() > kMostText) {
    return fail_in(Errc::invalid_value, "value", std::format("expected 1 to {} characters", kMostText));
  }
  if (kind == Revoked::corim) return to_bytes(as_bytes(text));
  auto octets = from_hex(text);
  if (!octets) return within("value", std::move(octets).error());
  const bool is_digest = kind == Revoked::key || kind == Revoked::signer;
  if (is_digest && octets->size() != 32) {
    return fail_in(Errc::invalid_value, "value",
                   std::format("expected SHA-256 of a SubjectPublicKeyInfo, 64 digits, got {}", text.size()));
  }
  if (octets->size() > kMostOctets) return fail_in(Errc::too_large, "value", "expected at most 512 octets");
  if (kind == Revoked::certificate) octets->erase(octets->begin(), std::ranges::find_if(*octets, std::identity{}));
  return octets;
}

// Nobody else says what an issuer took back: what is not signed by its key is no list of it.
Result<void> read_list(const json::Object& object, Revocation& revocation) {
  TRY(const std::string_view value, json::required_text(object, "value"));
  TRY(const std::string_view key, json::required_text(object, "issuer-key"));
  auto der = from_base64(value);
  if (!der) return within("value", std::move(der).error());
  auto list = crypto::RevocationList::from_der(*der);
  if (!list) return within("value", std::move(list).error());
  if (list->issuer().size() > kMostText)  // it stands in every refusal
    return fail_in(Errc::too_large, "value", "expected a list of an issuer whose name has at most 1024 characters");
  auto octets = from_hex(key);
  if (!octets) return within("issuer-key", std::move(octets).error());
  const auto read = crypto::PublicKey::from_spki(*octets);
  if (!read) return within("issuer-key", read.error());
  if (const auto signed_by = list->verify(*read); !signed_by) return within("value", signed_by.error());
  revocation.issuer = list->issuer();
  revocation.issuer_key = *std::move(octets);
  revocation.list = *std::move(list);
  return {};
}

Result<void> read_value(const json::Object& object, Revocation& revocation) {
  if (revocation.kind == Revoked::crl) return read_list(object, revocation);
  TRY(const std::string_view value, json::required_text(object, "value"));
  TRY(revocation.value, value_from(revocation.kind, value));
  if (revocation.kind != Revoked::certificate) return {};
  TRY(const std::string_view issuer, json::required_text(object, "issuer"));
  if (issuer.size() > kMostText) return fail_in(Errc::too_large, "issuer", "expected at most 1024 characters");
  revocation.issuer = issuer;
  return {};
}

std::string value_text(const Revocation& revocation) {
  if (revocation.list) return to_base64(revocation.list->der());
  return revocation.kind == Revoked::corim ? std::string(as_text(revocation.value)) : to_hex(revocation.value);
}

Result<Timestamp> since_from(const json::Object& object, Timestamp now) {
  TRY(const auto since, json::optional_integer(object, "since"));
  if (!since) return now;
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  if (*since < 0 || *since > kYear9999) return fail_in(Errc::invalid_value, "since", "expected seconds since 1970");
  return Timestamp(Seconds(*since));
}

}  // namespace

std::string_view name(Revoked kind) noexcept { return kNames.at(std::to_underlying(kind)); }

json::Object to_json(const Revocation& revocation) {
  json::Object object{{"kind", name(revocation.kind)}};
  object["value"] = value_text(revocation);
  if (revocation.kind == Revoked::certificate || revocation.list) object["issuer"] = revocation.issuer;
  if (revocation.list) object["issuer-key"] = to_hex(revocation.issuer_key);
  object["reason"] = revocation.reason;
  object["since"] = std::chrono::floor<Seconds>(revocation.since).time_since_epoch().count();
  return object;
}

Result<Revocation> revocation_from_json(const json::Object& object, Timestamp now) {
  Revocation revocation;
  TRY(const std::string_view kind, json::required_text(object, "kind"));
  TRY(revocation.kind, kind_from(kind));
  CHECK(read_value(object, revocation));
  TRY(const std::string_view reason, json::required_text(object, "reason"));
  // Whoever is refused, or has to lift it, must learn why.
  if (reason.empty() || reason.size() > kMostText) {
    return fail_in(Errc::invalid_value, "reason", std::format("expected 1 to {} characters", kMostText));
  }
  revocation.reason = reason;
  TRY(revocation.since, since_from(object, now));
  return revocation;
}

Result<Revocation> revocation_of(ByteView octets) {
  TRY(const json::Value entry, json::parse(as_text(octets), kRevocationLimits));
  TRY(const json::Object* object, json::as_object(entry, "revocation"));
  return revocation_from_json(*object, Timestamp{});
}

Result<std::string> revocation_id(const Revocation& revocation) {
  const std::string issuer =
      revocation.list ? std::format("{:08x}", revocation.list->issuer_hash()) : revocation.issuer;
  Bytes named = to_bytes(as_bytes(std::format("{}:{}:", name(revocation.kind), issuer)));
  append(named, revocation.list ? revocation.issuer_key : revocation.value);
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, named));
  return to_hex(digest.view());
}

}  // namespace credence::verifier
