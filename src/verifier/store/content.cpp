#include "verifier/store/content.h"

#include <format>
#include <limits>
#include <string>
#include <utility>

#include "rats/corim/describe.h"
#include "verifier/claims/conditional.h"
#include "verifier/scheme/scheme.h"
#include "verifier/store/authority.h"
#include "verifier/store/software_tags.h"

namespace credence::verifier {
namespace {

constexpr std::size_t kEntryHead = 8;

void append_number(Bytes& octets, std::size_t value, unsigned width) {
  for (unsigned shift = width * 8; shift > 0; shift -= 8)
    octets.push_back(static_cast<std::uint8_t>(value >> (shift - 8) & 0xff));
}

std::size_t number_at(ByteView octets, std::size_t offset, unsigned width) {
  std::size_t value = 0;
  for (unsigned i = 0; i < width; ++i) value = value << 8 | octets[offset + i];
  return value;
}

std::string known_profiles() {
  std::string list;
  for (const std::string_view profile : corim_profiles()) list += (list.empty() ? "" : ", ") + std::string(profile);
  return list;
}

// Those that every profile may have.
Result<void> add_common(const rats::Comid& comid, Content& content) {
  for (const rats::DomainTriple& triple : comid.dependencies) CHECK(content.add(TripleKind::dependencies, triple));
  for (const rats::DomainTriple& triple : comid.memberships) CHECK(content.add(TripleKind::memberships, triple));
  for (const rats::ConditionalSeries& triple : comid.conditional_series) CHECK(content.add(triple));
  for (const rats::ConditionalEndorsement& triple : comid.conditional_endorsements) CHECK(content.add(triple));
  return {};
}

}  // namespace

Result<void> Content::add(Topic topic, ByteView key, TripleKind kind, const rats::ReferenceTriple& triple) {
  TRY(const Bytes encoded, encode_triple(kind, triple));
  return append(topic, key, kind, encoded);
}

Result<void> Content::add(Topic topic, ByteView key, TripleKind kind, const rats::KeyTriple& triple) {
  TRY(const Bytes encoded, encode_triple(kind, triple));
  return append(topic, key, kind, encoded);
}

Result<void> Content::add(TripleKind kind, const rats::DomainTriple& triple) {
  if (triple.others.size() > kMostOthers)
    return fail(Errc::too_large,
                std::format("{}: expected at most {} environments, got {}",
                            kind == TripleKind::memberships ? "membership-triples" : "dependency-triples", kMostOthers,
                            triple.others.size()));
  TRY(const Bytes encoded, encode_triple(kind, triple));
  const rats::Environment& looked_up = kind == TripleKind::memberships ? triple.others.front() : triple.domain;
  return append(Topic::conditional_endorsements, condition_key(looked_up), kind, encoded);
}

Result<void> Content::add(const rats::ConditionalSeries& triple) {
  TRY(const Bytes encoded, encode_triple(triple));
  return append(Topic::conditional_endorsements, condition_key(triple.environment), TripleKind::conditional_series,
                encoded);
}

Result<void> Content::add(const rats::ConditionalEndorsement& triple) {
  TRY(const Bytes encoded, encode_triple(triple));
  return append(Topic::conditional_endorsements, condition_key(triple.conditions.front().environment),
                TripleKind::conditional_endorsements, encoded);
}

Result<void> Content::append(Topic topic, ByteView key, TripleKind kind, ByteView triple) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (key.size() > std::numeric_limits<std::uint16_t>::max())
    return fail(Errc::too_large, std::format("environment: {} octets of identifiers", key.size()));
  if (triple.size() > kMost || octets_.size() > kMost - triple.size() - key.size() - kEntryHead)
    return fail(Errc::too_large, "the CoRIM says more than 4 GiB");
  octets_.push_back(std::to_underlying(topic));
  octets_.push_back(std::to_underlying(kind));
  append_number(octets_, key.size(), 2);
  append_number(octets_, triple.size(), 4);
  octets_.insert(octets_.end(), key.begin(), key.end());
  octets_.insert(octets_.end(), triple.begin(), triple.end());
  return {};
}

Content::Entry Content::entry(std::size_t offset) const {
  const ByteView all = octets_;
  const std::size_t key = number_at(all, offset + 2, 2);
  const std::size_t triple = number_at(all, offset + 4, 4);
  return {.offset = offset,
          .topic = static_cast<Topic>(all[offset]),
          .kind = static_cast<TripleKind>(all[offset + 1]),
          .key = all.subspan(offset + kEntryHead, key),
          .triple = all.subspan(offset + kEntryHead + key, triple)};
}

void Content::for_each(const std::function<void(const Entry&)>& visit) const {
  for (std::size_t offset = 0; offset < octets_.size();) {
    const Entry found = entry(offset);
    visit(found);
    offset += kEntryHead + found.key.size() + found.triple.size();
  }
}

Result<Statement> Content::statement(const Entry& entry) const {
  TRY(Statement statement, decode_triple(entry.kind, entry.triple));
  statement.origin = &origin_;
  return statement;
}

Result<Content> read_by_profile(const rats::Corim& corim, std::string id, std::optional<CorimSignerIdentity> signer) {
  const Scheme* scheme = corim.profile ? find_scheme_by_profile(*corim.profile) : nullptr;
  if (scheme == nullptr)
    return fail(Errc::unsupported,
                std::format("profile: expected one of {}, got {}", known_profiles(), corim.profile.value_or("none")));
  TRY(SoftwareTags software, SoftwareTags::read(corim));
  if (!software.empty() && !scheme->takes_software_tags(*corim.profile))
    return fail(Errc::unsupported, "the CoRIM carries CoSWIDs: this profile does not compare files");
  Content content(*scheme, {.id = std::move(id),
                            .source = rats::text_of(corim.id),
                            .profile = *corim.profile,
                            .validity = corim.validity,
                            .signer = std::move(signer)});
  for (const rats::Comid& comid : corim.comids) {
    CHECK(check_authorities(comid, content.origin().signer));
    if (comid.coswids.empty()) {
      CHECK(scheme->read_comid(comid, *corim.profile, content));
    } else {
      TRY(const rats::Comid resolved, software.resolve(comid));
      CHECK(scheme->read_comid(resolved, *corim.profile, content));
    }
    CHECK(add_common(comid, content));
    content.add({.id = rats::text_of(comid.id), .version = comid.version});
  }
  for (const auto& [tag, version] : software.versions()) content.add({.id = "CoSWID " + tag, .version = version});
  if (content.empty()) return fail(Errc::missing_member, "the CoRIM says nothing: no triple that this profile knows");
  content.shrink_to_fit();
  return content;
}

}  // namespace credence::verifier
