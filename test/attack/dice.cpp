// A4, A9: chains of DICE certificates that are right in all but one thing. A28: a key of the chain was stolen.
#include <functional>

#include "attack.h"
#include "dice_verifier.h"
#include "revoke.h"
#include "support/listed.h"

namespace credence::attack {
namespace {

using test::DiceDevice;

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
  const Bytes nonce(32, 0x6e);
  CHECK(present(endorsed, endorsed.with_fresh_leaf(nonce), nonce));
  return present(endorsed, endorsed.bare(), nonce);
}

// The attacker's device is of a maker that is endorsed, runs what is not, and shows what he has made beside its chain.
Result<void> certificate_beside_the_chain() {
  DiceDevice endorsed;
  const Bytes nonce(32, 0x6e);
  DiceDevice::Certificates chain = endorsed.with_fresh_leaf(nonce);
  CHECK(present(endorsed, chain, nonce));
  DiceDevice attacker = endorsed;
  attacker.more_of_alias = {{"1.2.3.4", {0x05, 0x00}, false}};  // its alias measures nothing
  chain = attacker.with_fresh_leaf(nonce);
  const DiceDevice made;
  chain.push_back(made.alias(made.device()));  // measures the approved firmware
  return present(endorsed, chain, nonce);
}

// A key on the way from the maker's root to a device was stolen: its thief makes devices at will. Those that hang from
// another root go on.
Result<void> stolen_key_of_a_chain(const std::function<Bytes(const DiceDevice&)>& stolen_key) {
  const Bytes nonce(32, 0x6e);
  const DiceDevice device;
  DiceDevice neighbour;
  neighbour.root = test::make_certificate(
      neighbour.root_key.public_key(),
      {.organization = "Another maker", .common_name = "Device root", .is_authority = true}, neighbour.root_key);
  const auto store = verifier::memory_store();
  CHECK(endorse(*store, device));
  rats::Corim roots = neighbour.roots();
  roots.id = roots.comids[0].id = "roots of another maker";
  TRY(const auto stored, store->submit(roots, as_bytes(std::get<std::string>(roots.id))));
  static_cast<void>(stored);
  CHECK(present_to(store, device.with_fresh_leaf(nonce), nonce));
  CHECK(present_to(store, neighbour.with_fresh_leaf(nonce), nonce));
  CHECK(revoke_key(*store, stolen_key(device)));
  CHECK(present_to(store, neighbour.with_fresh_leaf(nonce), nonce));
  return present_to(store, device.with_fresh_leaf(nonce), nonce);
}

Result<void> stolen_key_of_a_root() {
  return stolen_key_of_a_chain([](const DiceDevice& device) { return to_bytes(device.root.spki()); });
}

Result<void> stolen_key_of_a_device() {
  return stolen_key_of_a_chain(
      [](const DiceDevice& device) { return to_bytes(device.device_key.public_key().spki()); });
}

// Its maker has put the device on its list. Another one of the same maker goes on.
Result<void> device_on_the_list_of_its_maker() {
  const Bytes nonce(32, 0x6e);
  const DiceDevice device;
  DiceDevice neighbour = device;
  neighbour.device_serial = device.device_serial + 1;
  const auto store = verifier::memory_store();
  CHECK(endorse(*store, device));
  CHECK(present_to(store, device.with_fresh_leaf(nonce), nonce));
  CHECK(test::add_list(
      *store, test::list_entry(device.root_key, device.root, {.entries = {{.serial = device.device_serial}}})));
  CHECK(present_to(store, neighbour.with_fresh_leaf(nonce), nonce));
  return present_to(store, device.with_fresh_leaf(nonce), nonce);
}

INSTANTIATE_TEST_SUITE_P(
    Dice, AttackTest,
    testing::Values(
        Attack{"A9_SelfSignedDevice", weak::Check::dice_root, Errc::not_affirming, "the certificate at depth",
               self_signed_device},
        Attack{"A9_CertificateBesideTheChain", weak::Check::dice_path, Errc::not_affirming, "not part of the chain",
               certificate_beside_the_chain},
        Attack{"A4_RecordedChain", weak::Check::dice_freshness, Errc::not_affirming, "got a bare chain",
               recorded_chain},
        Attack{"A28_StolenKeyOfADeviceRoot", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_key_of_a_root},
        Attack{"A28_StolenKeyOfADevice", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_key_of_a_device},
        Attack{"A28_DeviceOnTheListOfItsMaker", weak::Check::revoked, Errc::not_affirming, "by its revocation list",
               device_on_the_list_of_its_maker}),
    name_of);

}  // namespace
}  // namespace credence::attack
