#include "cli/bundle/content.h"

#include <algorithm>
#include <format>
#include <utility>

#include "edge/offline.h"
#include "edge/single_queries.h"
#include "evidence/test_root.h"
#include "sign/cose/sign1.h"

namespace credence::cli {
namespace {

Result<rats::Coserv> read_result(ByteView octets, const std::optional<client::CoservTrust>& trust) {
  if (trust) return client::verify_coserv(octets, *trust);
  const rats::CoservLimits limits;
  TRY(const cose::Sign1 message,
      cose::decode_sign1(octets, cose::Tagged::required,
                         {.bytes = limits.bytes, .depth = limits.depth, .items = limits.items}));
  return rats::decode_coserv(message.payload, limits);
}

// Keys of the published test root, or records that name its maker: whoever has the bundle could make such evidence.
bool is_of_test_root(const rats::CoservResults& results, ByteView octets) {
  const bool keys = std::ranges::any_of(results.attestation_keys, [](const auto& quad) {
    return std::ranges::any_of(quad.triple.keys, [](const rats::CryptoKey& key) {
      const auto read = rats::public_key_of(key);
      return read && equal(read->spki(), evidence::kTestRootSpki);
    });
  });
  return keys || as_text(octets).contains(evidence::kTestRootMaker);
}

std::size_t count_of(const rats::CoservResults& results) {
  return results.reference_values.size() + results.endorsed_values.size() + results.conditional_endorsements.size() +
         results.conditional_series.size() + results.attestation_keys.size() + results.rims.size();
}

}  // namespace

Result<json::Object> describe_bundle(const edge::Bundle& bundle, const std::optional<client::CoservTrust>& trust,
                                     Timestamp now) {
  edge::BundleAge age{.made = Timestamp::max(), .until = Timestamp::max()};
  json::Array results;
  bool test_root = false;
  for (std::size_t i = 0; i < bundle.results.size(); ++i) {
    const edge::Bundle::Entry& entry = bundle.results[i];
    auto read = read_result(entry.octets, trust);
    if (!read) return within(std::format("results.[{}]", i), std::move(read).error());
    age.made = std::min(age.made, std::min(entry.received, read->issued_at.value_or(entry.received)));
    if (!edge::is_of_other_makers(*read)) age.until = std::min(age.until, read->results.expires);
    test_root = test_root || is_of_test_root(read->results, entry.octets);
    results.push_back(json::Object{{"answers", edge::text_of(read->query)},
                                   {"statements", count_of(read->results)},
                                   {"good until", to_rfc3339(read->results.expires)}});
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - age.made).count();
  json::Object facts{{"service", bundle.service},
                     {"made", to_rfc3339(age.made)},
                     {"age in seconds", seconds},
                     {"good until", to_rfc3339(age.until)},
                     {"state", now < age.until ? "good" : "expired"},
                     {"signatures", trust ? "good" : "not checked: give --verifier-key or --verifier-jwks"}};
  if (test_root) facts["INSECURE TEST ROOT"] = true;
  facts["results"] = std::move(results);
  return facts;
}

}  // namespace credence::cli
