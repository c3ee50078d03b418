// A4, A9: chains of DICE certificates that are right in all but one thing.
#include <memory>
#include <string>

#include "attack.h"
#include "base/clock.h"
#include "support/dice_device.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::attack {
namespace {

using test::DiceDevice;

constexpr Timestamp kNow{std::chrono::milliseconds{1'790'000'000'000}};

// Success when the verifier affirms.
Result<void> present(const DiceDevice& endorsed, const DiceDevice::Certificates& chain, const Bytes& nonce) {
  const auto store = verifier::memory_store();
  const rats::Corim roots = endorsed.roots();
  TRY(const auto stored, store->submit(roots, as_bytes(std::get<std::string>(roots.id))));
  static_cast<void>(stored);
  const verifier::Engine engine(store, std::make_shared<FixedClock>(kNow), {}, {});
  TRY(const rats::Ear ear, engine.appraise({.media_type = std::string(evidence::dice::kPemChain),
                                            .evidence = DiceDevice::pem(chain),
                                            .challenge = Nonce(nonce)}));
  if (ear.is_affirming()) return {};
  return fail(Errc::not_affirming, std::string(ear.submodules.at("RIOT").policy_claims.at("problem").as_string()));
}

// The attacker is his own maker, and sends his root along.
Result<void> self_signed_device() {
  const DiceDevice endorsed;
  const DiceDevice attacker;
  const Bytes nonce(32, 0x6e);
  DiceDevice::Certificates chain = attacker.with_fresh_leaf(nonce);
  chain.push_back(attacker.root);
  return present(endorsed, chain, nonce);
}

// A device showed its certificates to somebody, once.
Result<void> recorded_chain() {
  const DiceDevice endorsed;
  return present(endorsed, endorsed.bare(), Bytes(32, 0x6e));
}

INSTANTIATE_TEST_SUITE_P(Dice, AttackTest,
                         testing::Values(Attack{"A9_SelfSignedDevice", weak::Check::dice_root, Errc::not_affirming,
                                                "the certificate at depth", self_signed_device},
                                         Attack{"A4_RecordedChain", weak::Check::dice_freshness, Errc::not_affirming,
                                                "authentic and not fresh", recorded_chain}),
                         name_of);

}  // namespace
}  // namespace credence::attack
