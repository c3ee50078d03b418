// A CoRIM, as facts.
#include <format>
#include <string>
#include <string_view>
#include <utility>

#include "cli/inspect/describe.h"
#include "rats/corim/corim_tags.h"
#include "rats/corim/describe.h"
#include "rats/coswid/coswid.h"

namespace credence::cli {
namespace {

template <typename Triple>
void add_triples(json::Object& facts, std::string_view name, const std::vector<Triple>& triples) {
  if (!triples.empty()) facts[name] = rats::describe_all(triples);
}

json::Object describe_comid(const rats::Comid& comid) {
  json::Object facts{{"id", rats::text_of(comid.id)}, {"version", comid.version}};
  json::Array linked;
  for (const auto& [id, relation] : comid.linked_tags)
    linked.emplace_back(std::format("{} {}", relation == 1 ? "replaces" : "supplements", rats::text_of(id)));
  if (!linked.empty()) facts["linked tags"] = std::move(linked);
  add_triples(facts, "reference values", comid.reference_values);
  add_triples(facts, "endorsed values", comid.endorsed_values);
  add_triples(facts, "identity keys", comid.identity_keys);
  add_triples(facts, "attestation keys", comid.attestation_keys);
  add_triples(facts, "domain dependencies", comid.dependencies);
  add_triples(facts, "domain members", comid.memberships);
  add_triples(facts, "coswids", comid.coswids);
  add_triples(facts, "conditional series", comid.conditional_series);
  add_triples(facts, "conditional endorsements", comid.conditional_endorsements);
  if (!comid.other_triples.empty()) facts["other triples"] = comid.other_triples.size();
  return facts;
}

json::Array describe_files(const std::vector<rats::CoswidFile>& files) {
  json::Array all;
  for (const rats::CoswidFile& file : files) {
    json::Object facts{{"path", file.path}};
    if (file.version) facts["version"] = *file.version;
    if (file.digest) facts["digest"] = rats::text_of(*file.digest);
    all.push_back(std::move(facts));
  }
  return all;
}

json::Object describe_tag(std::uint64_t tag, ByteView content) {
  const auto coswid = tag == rats::kTagCoswid ? rats::decode_coswid(content) : fail(Errc::unsupported, "");
  if (!coswid) return {{"tag", tag}, {"octets", content.size()}};
  json::Object facts{
      {"coswid", rats::text_of(coswid->id)}, {"version", coswid->tag_version}, {"software", coswid->software_name}};
  if (coswid->software_version) facts["software version"] = *coswid->software_version;
  if (!coswid->payload.empty()) facts["payload"] = describe_files(coswid->payload);
  if (!coswid->evidence.empty()) facts["evidence"] = describe_files(coswid->evidence);
  return facts;
}

}  // namespace

json::Object describe_corim(const rats::Corim& corim) {
  json::Object facts{{"id", rats::text_of(corim.id)}};
  if (corim.profile) facts["profile"] = *corim.profile;
  if (corim.legacy) facts["spelling"] = "older than revision 10 of the draft";
  if (corim.validity) {
    if (corim.validity->not_before) facts["not before"] = to_rfc3339(*corim.validity->not_before);
    facts["not after"] = to_rfc3339(corim.validity->not_after);
  }
  json::Array needed;
  for (const rats::Locator& locator : corim.dependent_rims)
    for (const std::string& reference : locator.references) needed.emplace_back(reference);
  if (!needed.empty()) facts["builds on"] = std::move(needed);
  json::Array comids;
  for (const auto& comid : corim.comids) comids.emplace_back(describe_comid(comid));
  facts["comids"] = std::move(comids);
  json::Array others;
  for (const auto& [tag, content] : corim.other_tags) others.emplace_back(describe_tag(tag, content));
  if (!others.empty()) facts["other tags"] = std::move(others);
  return facts;
}

}  // namespace credence::cli
