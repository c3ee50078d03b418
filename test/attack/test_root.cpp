// A20: the software root of trust, whose keys lie in memory and whose chain leads to a published key.
//
// Somebody endorsed it, by mistake or in a test that was left over. From then on everybody can make such evidence.
#include "evidence/test_root.h"
#include "attack.h"
#include "scene.h"

namespace credence::attack {
namespace {

// The attacker labels it as evidence of a TPM: the media type is not what tells.
Result<void> software_root_as_a_tpm() {
  EvidenceMaker software;
  software.maker = std::string(evidence::kTestRootMaker);
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(software));
  return enter_as_client(software.tls_key, honest(software), relying_party.demands(software));
}

// The endorsement names another maker; what is left of the root's marks is the certificate that comes along.
Result<void> chain_to_the_published_key() {
  EvidenceMaker software;
  software.chain = {Bytes(100, 0x30)};
  append(software.chain.front(), evidence::kTestRootSpki);
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(software));
  return enter_as_client(software.tls_key, honest(software), relying_party.demands(software));
}

INSTANTIATE_TEST_SUITE_P(TestRoot, AttackTest,
                         testing::Values(Attack{"A20_SoftwareRootAsATpm", weak::Check::test_root, Errc::not_affirming,
                                                "proves nothing", software_root_as_a_tpm},
                                         Attack{"A20_ChainToThePublishedKey", weak::Check::test_root,
                                                Errc::not_affirming, "proves nothing", chain_to_the_published_key}),
                         name_of);

}  // namespace
}  // namespace credence::attack
