#include "rats/corim/signer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rats/corim/write.h"
#include "rats/numeric_date.h"

namespace credence::rats {
namespace {

constexpr std::int64_t kIssuer = 1, kExpires = 4, kNotBefore = 5;  // RFC 8392 section 4

// corim-signer-map = {0 => name, ? 1 => uri}
Result<void> read_signer_map(cbor::Reader& reader, CorimReading& reading, CorimSigner& signer) {
  const std::size_t start = reader.offset();
  bool named = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(signer.name, reader.text());
      named = true;
    } else if (key == 1) {
      TRY(signer.uri, read_uri(reader, reading));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!named) return fail_at(Errc::missing_member, start, "expected the name of the signer (0)");
  return {};
}

// corim-meta-map = {0 => signer, ? 1 => signature-validity}
Result<CorimSigner> read_corim_meta(ByteView meta, CorimReading& reading) {
  cbor::Reader reader(meta, cbor_limits(reading.limits));
  CorimSigner signer;
  bool given = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      CHECK(in("signer", read_signer_map(reader, reading, signer)));
      given = true;
    } else if (key == 1) {
      TRY(signer.validity, in("signature-validity", read_validity(reader, reading)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  CHECK(reader.finish());
  if (!given) return fail_at(Errc::missing_member, 0, "expected the signer (0)");
  return signer;
}

// int / float, here without tag (RFC 8392 section 2). A fraction makes the period shorter, never longer.
Result<Timestamp> read_date(cbor::Reader& reader, double (*round)(double)) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  std::int64_t seconds = 0;
  if (type == cbor::Type::floating_point) {
    TRY(const double value, reader.floating_point());
    constexpr double kMost = 1e12;  // beyond any year that a date may have
    if (!(std::abs(value) < kMost)) return fail_at(Errc::invalid_value, start, "expected a time, got no such number");
    seconds = static_cast<std::int64_t>(round(value));
  } else {
    TRY(seconds, reader.integer());
  }
  Result<Timestamp> date = from_numeric_date(seconds);
  if (!date) date.error().offset = start;
  return date;
}

// {1 => iss, ? 2 => sub, ? 4 => exp, ? 5 => nbf}
Result<CorimSigner> read_cwt_claims(ByteView claims, CorimReading& reading) {
  cbor::Reader reader(claims, cbor_limits(reading.limits));
  CorimSigner signer;
  bool named = false;
  std::optional<Timestamp> not_before, expires;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == kIssuer) {
      TRY(signer.name, in("iss", reader.text()));
      named = true;
    } else if (key == kExpires) {
      TRY(expires, in("exp", read_date(reader, std::floor)));
    } else if (key == kNotBefore) {
      TRY(not_before, in("nbf", read_date(reader, std::ceil)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  CHECK(reader.finish());
  if (!named) return fail_at(Errc::missing_member, 0, "expected the issuer (1)");
  if (not_before || expires) {
    signer.validity = Validity{.not_before = not_before, .not_after = expires.value_or(Timestamp::max())};
  }
  return signer;
}

bool same_period(const CorimSigner& one, const CorimSigner& other) noexcept {
  if (!one.validity || !other.validity) return one.validity.has_value() == other.validity.has_value();
  return one.validity->not_before == other.validity->not_before && one.validity->not_after == other.validity->not_after;
}

}  // namespace

Result<CorimSigner> read_signer(const cose::Headers& protected_headers, CorimReading& reading) {
  const std::optional<Bytes>& meta = protected_headers.corim_meta;
  const std::optional<Bytes>& claims = protected_headers.cwt_claims;
  if (!meta && !claims) return fail(Errc::missing_member, "expected corim-meta (8) or CWT claims (15)");
  if (!meta) return in("cwt-claims", read_cwt_claims(*claims, reading));
  TRY(CorimSigner signer, in("corim-meta", read_corim_meta(*meta, reading)));
  if (!claims) return signer;
  // draft-ietf-rats-corim section 4.2.2: both must say the same.
  TRY(const CorimSigner claimed, in("cwt-claims", read_cwt_claims(*claims, reading)));
  if (claimed.name != signer.name || !same_period(claimed, signer)) {
    return fail_in(Errc::conflict, "cwt-claims", "expected the signer and the validity that corim-meta (8) has");
  }
  return signer;
}

Bytes write_corim_meta(const CorimSigner& signer) {
  cbor::Writer writer;
  writer.map(1 + count_of(signer.validity.has_value()));
  writer.unsigned_integer(0).map(1 + count_of(signer.uri.has_value()));
  writer.unsigned_integer(0).text(signer.name);
  if (signer.uri) write_uri(writer.unsigned_integer(1), *signer.uri);
  if (signer.validity) write_validity(writer.unsigned_integer(1), *signer.validity);
  return writer.take();
}

}  // namespace credence::rats
