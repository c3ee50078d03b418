// PSA and CCA tokens, as facts.
#include "base/text.h"
#include "cli/inspect/describe.h"

namespace credence::cli {
namespace {

json::Object describe_state(const evidence::psa::Claims& claims) {
  return {{"security lifecycle", evidence::psa::name(claims.lifecycle)},
          {"instance", to_hex(claims.instance_id)},
          {"implementation", to_hex(claims.implementation_id)},
          {"nonce", to_hex(claims.nonce)}};
}

}  // namespace

json::Object describe_psa_token(const evidence::psa::Token& token) {
  json::Object facts = describe_state(token.claims);
  facts["claims"] = token.describe();
  return facts;
}

json::Object describe_cca_token(const evidence::cca::Token& token) {
  json::Object platform = describe_state(token.platform.claims);
  platform["claims"] = token.platform.describe();
  const evidence::cca::RealmClaims& claims = token.realm.claims;
  json::Object realm{{"initial measurement", to_hex(claims.initial_measurement)},
                     {"challenge", to_hex(claims.challenge)},
                     {"attestation key", to_hex(token.realm.public_key.spki())},
                     {"claims", token.realm.describe()}};
  return {{"platform", std::move(platform)}, {"realm", std::move(realm)}};
}

json::Object describe_parsec_cca_bundle(const evidence::parsec_cca::Bundle& bundle) {
  return {{"kat", json::Object{{"nonce", to_hex(bundle.nonce.view())}, {"attested key", to_hex(bundle.key.spki())}}},
          {"pat", describe_cca_token(bundle.pat)}};
}

}  // namespace credence::cli
