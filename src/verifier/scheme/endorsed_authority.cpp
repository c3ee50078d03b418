#include "verifier/scheme/endorsed_authority.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/authority.h"
#include "crypto/hash.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/scheme/nearest.h"

namespace credence::verifier {
namespace {

std::string fingerprint_text(const crypto::Certificate& certificate) {
  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, certificate.der());
  return digest ? "sha-256 " + to_hex(digest->view()) : "its certificate";
}

Trace::Step signed_under(std::string_view submodule, std::string_view kind, const EndorsedAuthority& authority,
                         const Result<void>& held, Timestamp now) {
  const bool valid = authority.validity.contains(now);
  Trace::Step step{.submodule = std::string(submodule),
                   .subject = std::format("signed under {} {}", kind, authority.certificate.subject()),
                   .expected = fingerprint_text(authority.certificate),
                   .actual = held ? "the chain holds" : held.error().text(),
                   .agrees = valid && held};
  if (!valid) step.actual = "its endorsement " + authority.validity.refusal(now);
  name_sources(step, authority.sources);
  return step;
}

}  // namespace

void add_authority(std::vector<EndorsedAuthority>& to, const crypto::Certificate& certificate, const Origin& origin) {
  auto known = std::ranges::find_if(
      to, [&](const EndorsedAuthority& authority) { return equal(authority.certificate.der(), certificate.der()); });
  if (known == to.end()) known = to.insert(known, {.certificate = certificate, .validity = {}, .sources = {}});
  known->validity.add(origin.validity);
  known->sources.add(origin);
}

SomeAuthorities any_time(const std::vector<EndorsedAuthority>& authorities) {
  SomeAuthorities all;
  for (const EndorsedAuthority& authority : authorities) all.push_back(&authority);
  return all;
}

SomeAuthorities valid_at(const std::vector<EndorsedAuthority>& authorities, Timestamp at) {
  SomeAuthorities valid;
  for (const EndorsedAuthority& authority : authorities)
    if (authority.validity.contains(at)) valid.push_back(&authority);
  return valid;
}

std::vector<crypto::Certificate> as_certificates(const SomeAuthorities& authorities) {
  std::vector<crypto::Certificate> certificates;
  for (const EndorsedAuthority* authority : authorities) certificates.push_back(authority->certificate);
  return certificates;
}

SomeAuthorities signers_of(std::vector<const crypto::Certificate*> path, const SomeAuthorities& authorities) {
  SomeAuthorities signers;
  for (std::size_t i = 0; i < path.size(); ++i)
    for (const EndorsedAuthority* authority : authorities) {
      if (std::ranges::contains(signers, authority) || !crypto::verify_issued_by(*path[i], authority->certificate))
        continue;
      signers.push_back(authority);
      path.push_back(&authority->certificate);
    }
  return signers;
}

void trace_signed_under(Trace& trace, std::string_view submodule, std::string_view kind,
                        const SomeAuthorities& authorities, const Result<void>& held, Timestamp now) {
  if (!trace.wanted()) return;
  const auto [entries, left_out] = nearest(authorities, std::array{true, false},
                                           [now](const EndorsedAuthority& one) { return one.validity.contains(now); });
  for (const EndorsedAuthority* authority : entries) {
    Trace::Step step = signed_under(submodule, kind, *authority, held, now);
    if (authority == entries.back()) step.expected += others_text(left_out);
    trace.add(std::move(step));
  }
}

void trace_no_root(Trace& trace, std::string_view submodule, std::string_view root) {
  if (!trace.wanted()) return;
  trace.add({.submodule = std::string(submodule),
             .subject = std::format("signed under root {}", root),
             .actual = "no CoRIM has it"});
}

}  // namespace credence::verifier
