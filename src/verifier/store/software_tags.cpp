#include "verifier/store/software_tags.h"

#include <format>
#include <set>
#include <string>
#include <utility>

#include "rats/corim/corim_tags.h"
#include "rats/corim/describe.h"

namespace credence::verifier {
namespace {

std::set<rats::TagId> named_tags(const rats::Corim& corim) {
  std::set<rats::TagId> named;
  for (const rats::Comid& comid : corim.comids)
    for (const rats::CoswidTriple& triple : comid.coswids) named.insert(triple.tags.begin(), triple.tags.end());
  return named;
}

Result<std::vector<rats::Measurement>> measurements_of(const rats::Coswid& tag) {
  if (!tag.evidence.empty())
    return fail(Errc::unsupported, "it tells what was found on a machine (evidence): expected a payload");
  if (tag.payload.empty()) return fail(Errc::missing_member, "its payload has no files: nothing can be compared");
  std::vector<rats::Measurement> measurements;
  for (const rats::CoswidFile& file : tag.payload) {
    if (!file.digest)
      return fail(Errc::missing_member, std::format("file {} has no hash: nothing can be compared", file.path));
    measurements.emplace_back().values.digests.push_back(*file.digest);
  }
  return measurements;
}

std::string place_of(const rats::TagId& id) { return std::format("CoSWID {}", rats::text_of(id)); }

}  // namespace

Result<SoftwareTags> SoftwareTags::read(const rats::Corim& corim) {
  SoftwareTags made;
  if (corim.other_tags.empty()) return made;
  const std::set<rats::TagId> named = named_tags(corim);
  for (const auto& [tag, content] : corim.other_tags) {
    if (tag != rats::kTagCoswid)
      return fail(Errc::unsupported,
                  std::format("the CoRIM carries a tag {}: expected CoMIDs (506) and CoSWIDs (505)", tag));
    auto decoded = rats::decode_coswid(content);
    if (!decoded) return within("CoSWID", std::move(decoded).error());
    const rats::Coswid& coswid = *decoded;
    if (!named.contains(coswid.id))
      return fail_in(Errc::unsupported, place_of(coswid.id), "no coswid-triple says what it is for");
    auto measurements = measurements_of(coswid);
    if (!measurements) return within(place_of(coswid.id), std::move(measurements).error());
    if (coswid.tag_version < 0)
      return fail_in(Errc::invalid_value, place_of(coswid.id), "expected a tag-version of 0 or more");
    Tag read{.version = static_cast<std::uint64_t>(coswid.tag_version), .files = *std::move(measurements)};
    if (!made.tags_.emplace(coswid.id, std::move(read)).second)
      return fail_in(Errc::duplicate_key, place_of(coswid.id), "the CoRIM carries it twice");
  }
  return made;
}

Result<rats::Comid> SoftwareTags::resolve(const rats::Comid& comid) {
  rats::Comid resolved = comid;
  for (const rats::CoswidTriple& triple : std::exchange(resolved.coswids, {})) {
    rats::ReferenceTriple& values = resolved.reference_values.emplace_back();
    values.environment = triple.environment;
    for (const rats::TagId& id : triple.tags) {
      const auto found = tags_.find(id);
      if (found == tags_.end())
        return fail_in(Errc::not_found, place_of(id), "a coswid-triple names it, and the CoRIM does not carry it");
      const std::vector<rats::Measurement>& files = found->second.files;
      resolved_ += files.size();
      if (resolved_ > kMostFiles)
        return fail(Errc::too_large,
                    std::format("the coswid-triples of the CoRIM speak of more than {} files", kMostFiles));
      values.measurements.insert(values.measurements.end(), files.begin(), files.end());
    }
  }
  return resolved;
}

std::vector<std::pair<std::string, std::uint64_t>> SoftwareTags::versions() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const auto& [id, tag] : tags_) all.emplace_back(rats::text_of(id), tag.version);
  return all;
}

}  // namespace credence::verifier
