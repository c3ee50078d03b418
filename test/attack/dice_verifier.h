// A verifier for chains of DICE certificates, for attacks that have no connection around them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "support/dice_device.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::attack {

inline constexpr Timestamp kDiceTime{std::chrono::milliseconds{1'790'000'000'000}};

// A verifier that knows the device's root and firmware.
[[nodiscard]] inline Result<void> endorse(verifier::Store& store, const test::DiceDevice& device) {
  for (const rats::Corim& corim : {device.roots(), device.reference_values()}) {
    TRY(const auto stored, store.submit(corim, as_bytes(std::get<std::string>(corim.id))));
    static_cast<void>(stored);
  }
  return {};
}

// Success when the verifier affirms.
[[nodiscard]] inline Result<void> present_to(const std::shared_ptr<verifier::Store>& store,
                                             const test::DiceDevice::Certificates& chain, const Bytes& nonce) {
  const verifier::Engine engine(store, std::make_shared<FixedClock>(kDiceTime), {}, {});
  TRY(const rats::Ear ear, engine.appraise({.media_type = std::string(evidence::dice::kPemChain),
                                            .evidence = test::DiceDevice::pem(chain),
                                            .challenge = Nonce(nonce)}));
  if (ear.is_affirming()) return {};
  return fail(Errc::not_affirming, std::string(ear.submodules.at("RIOT").policy_claims.at("problem").as_string()));
}

// To a verifier that knows what `endorsed` is and nothing else.
[[nodiscard]] inline Result<void> present(const test::DiceDevice& endorsed, const test::DiceDevice::Certificates& chain,
                                          const Bytes& nonce) {
  const auto store = verifier::memory_store();
  CHECK(endorse(*store, endorsed));
  return present_to(store, chain, nonce);
}

}  // namespace credence::attack
