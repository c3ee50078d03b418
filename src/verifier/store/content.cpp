#include "verifier/store/content.h"

#include <algorithm>
#include <format>
#include <limits>
#include <string>
#include <utility>

#include "crypto/hash.h"
#include "rats/corim/describe.h"
#include "verifier/claims/conditional.h"
#include "verifier/scheme/scheme.h"
#include "verifier/store/authority.h"
#include "verifier/store/software_tags.h"
#include "verifier/store/subjects.h"
#include "wire/cbor/writer.h"

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
Result<void> add_common(const rats::Comid& comid, const Scheme& scheme, Content& content) {
  if (!scheme.takes_endorsed_values(content.origin().profile))
    for (const rats::ReferenceTriple& triple : comid.endorsed_values) CHECK(content.add_endorsed(triple));
  for (const rats::KeyTriple& triple : comid.identity_keys)
    if (auto added = content.add_identity(triple); !added) return within("identity-triples", std::move(added).error());
  for (const rats::DomainTriple& triple : comid.dependencies) CHECK(content.add(TripleKind::dependencies, triple));
  for (const rats::DomainTriple& triple : comid.memberships) CHECK(content.add(TripleKind::memberships, triple));
  for (const rats::ConditionalSeries& triple : comid.conditional_series) CHECK(content.add(triple));
  for (const rats::ConditionalEndorsement& triple : comid.conditional_endorsements) CHECK(content.add(triple));
  return {};
}

// What the scheme is to look at. The CoMID itself, when that is all of it: some have a million triples.
Result<void> read_own(const rats::Comid& comid, const Scheme& scheme, SoftwareTags& software, Content& content) {
  const std::string& profile = content.origin().profile;
  const bool strips = !comid.identity_keys.empty() || !comid.coswids.empty() ||
                      (!comid.endorsed_values.empty() && !scheme.takes_endorsed_values(profile));
  if (!strips) return scheme.read_comid(comid, profile, content);
  TRY(rats::Comid own, software.resolve(comid));
  own.identity_keys.clear();
  if (!scheme.takes_endorsed_values(profile)) own.endorsed_values.clear();
  return scheme.read_comid(own, profile, content);
}

// Section 5.1.3. That a tag replaces itself says no more than its version does.
std::vector<std::string> replaced_by(const rats::Comid& comid) {
  std::vector<std::string> ids;
  for (const rats::LinkedTag& link : comid.linked_tags)
    if (link.relation == rats::kTagReplaces && link.id != comid.id) ids.push_back(rats::text_of(link.id));
  return ids;
}

}  // namespace

Result<void> Content::add_endorsed(const rats::ReferenceTriple& triple) {
  return add(Topic::conditional_endorsements, condition_key(triple.environment), TripleKind::endorsed_values, triple);
}

Result<void> Content::add_identity(const rats::KeyTriple& triple) {
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: an identity is one of the environment as a whole here");
  for (const rats::CryptoKey& key : triple.keys) {
    if (key.tag == rats::kTagCertThumbprint && !scheme_->has_certificates())
      return fail(Errc::unsupported,
                  std::format("expected a key, got the thumbprint of a certificate (tag {}): evidence "
                              "of {} has none",
                              key.tag, scheme_->name()));
    CHECK(identity_key_of(key));
  }
  return add(Topic::conditional_endorsements, condition_key(triple.environment), TripleKind::identity_keys, triple);
}

Result<void> Content::add(Topic topic, ByteView key, TripleKind kind, const rats::ReferenceTriple& triple) {
  TRY(const Bytes encoded, encode_triple(kind, triple));
  note_subject(kind, triple.environment);
  return append(topic, key, kind, encoded);
}

Result<void> Content::add(Topic topic, ByteView key, TripleKind kind, const rats::KeyTriple& triple) {
  TRY(const Bytes encoded, encode_triple(kind, triple));
  note_subject(kind, triple.environment);
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
  note_subject(TripleKind::conditional_series, triple.environment);
  return append(Topic::conditional_endorsements, condition_key(triple.environment), TripleKind::conditional_series,
                encoded);
}

Result<void> Content::add(const rats::ConditionalEndorsement& triple) {
  TRY(const Bytes encoded, encode_triple(triple));
  for (const auto& condition : triple.conditions)
    note_subject(TripleKind::conditional_endorsements, condition.environment);
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

void Content::note_subject(TripleKind kind, const rats::Environment& environment) {
  const auto artifact = artifact_of(kind);
  if (!artifact) return;
  const auto note = [&](ByteView name) {
    subjects_.push_back({.hash = subject_hash(*artifact, name), .offset = static_cast<std::uint32_t>(octets_.size())});
  };
  if (const auto& of_class = environment.class_map) {
    if (of_class->id) note(of_class->id->value);
    if (of_class->vendor) note(as_bytes(*of_class->vendor));
    if (of_class->model) note(as_bytes(*of_class->model));
    if (of_class->layer) note(layer_name(*of_class->layer));
    if (of_class->index) note(index_name(*of_class->index));
  }
  if (environment.instance) note(environment.instance->value);
  if (environment.group) note(environment.group->value);
}

Result<Bytes> Content::fingerprint_with_signer() const {
  cbor::Writer writer;
  writer.array(9).text(origin_.source).text(origin_.profile);
  const auto time = [&writer](const std::optional<Timestamp>& at) {
    if (at) {
      writer.integer(at->time_since_epoch().count());
    } else {
      writer.null();
    }
  };
  time(origin_.validity ? origin_.validity->not_before : std::nullopt);
  time(origin_.validity ? std::optional(origin_.validity->not_after) : std::nullopt);
  const CorimSignerIdentity nobody;
  const CorimSignerIdentity& signer = origin_.signer ? *origin_.signer : nobody;
  writer.bytes(signer.key_digest).bytes(signer.serial).text(signer.issuer);
  writer.array(tags_.size());
  for (const Tag& tag : tags_) {
    writer.array(3 + tag.replaces.size()).text(tag.id).unsigned_integer(tag.version).unsigned_integer(tag.begin);
    for (const std::string& id : tag.replaces) writer.text(id);
  }
  TRY(const crypto::Digest said, crypto::digest(crypto::HashAlgorithm::sha256, octets_));
  writer.bytes(said.view());
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, writer.take()));
  return to_bytes(digest.view());
}

Result<Bytes> Content::fingerprint_without_signer() const {
  const auto says_something = [](const Tag& tag) { return tag.begin != tag.end; };
  cbor::Writer writer;
  writer.array(3).text(origin_.source).text(origin_.profile);
  writer.array(static_cast<std::size_t>(std::ranges::count_if(tags_, says_something)));
  for (const Tag& tag : tags_) {
    if (!says_something(tag)) continue;
    TRY(const crypto::Digest said, crypto::digest(crypto::HashAlgorithm::sha256, octets(tag)));
    writer.array(2).text(tag.id).bytes(said.view());
  }
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, writer.take()));
  return to_bytes(digest.view());
}

void Content::shrink_to_fit() {
  octets_.shrink_to_fit();
  subjects_.shrink_to_fit();
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
    const std::size_t begin = content.size();
    CHECK(check_authorities(comid, content.origin().signer));
    CHECK(read_own(comid, *scheme, software, content));
    CHECK(add_common(comid, *scheme, content));
    content.add(Content::Tag{
        .id = rats::text_of(comid.id), .version = comid.version, .replaces = replaced_by(comid), .begin = begin});
  }
  for (const auto& [tag, version] : software.versions())
    content.add(Content::Tag{.id = Content::coswid_name(tag), .version = version, .begin = content.size()});
  if (content.empty()) return fail(Errc::missing_member, "the CoRIM says nothing: no triple that this profile knows");
  content.shrink_to_fit();
  return content;
}

}  // namespace credence::verifier
