// A5: a random source that repeats itself.
#include <memory>

#include "attack.h"
#include "crypto/random.h"
#include "dice_verifier.h"
#include "service/verifier/memory_sessions.h"

namespace credence::attack {
namespace {

using test::DiceDevice;

// The verifier's random source falls into a short cycle. The attacker recorded what a device answered, and waits for
// its nonce to come again.
Result<void> nonce_that_came_before() {
  const DiceDevice device;
  const Bytes repeated(32, 0x5a);
  service::MemorySessions sessions({}, std::make_shared<FixedClock>(kDiceTime), crypto::system_random());
  TRY(const service::Session first, sessions.open(Nonce(repeated), true, {}, {}));
  const DiceDevice::Certificates recorded = device.with_fresh_leaf(to_bytes(first.nonce.view()));
  CHECK(present(device, recorded, to_bytes(first.nonce.view())));
  TRY(const service::Session second, sessions.open(Nonce(repeated), true, {}, {}));
  return present(device, recorded, to_bytes(second.nonce.view()));
}

INSTANTIATE_TEST_SUITE_P(Randomness, AttackTest,
                         testing::Values(Attack{"A5_NonceThatCameBefore", weak::Check::issued_nonce, Errc::internal,
                                                "this nonce was made before", nonce_that_came_before}),
                         name_of);

}  // namespace
}  // namespace credence::attack
