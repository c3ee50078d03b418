// Reference values on the word of an authority: the shared check of provisioning has seen that it is the signer.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "fixture.h"
#include "rats/corim/corim.h"
#include "support/endorser.h"

namespace credence::test {

inline rats::Corim authorized_by(rats::Corim corim, const crypto::PublicKey& authority) {
  for (rats::Measurement& measurement : corim.comids.at(0).reference_values.at(0).measurements)
    measurement.authorized_by = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(authority.pem()))}};
  return corim;
}

// With all of `corims` the store affirms what `appraise` shows it, and with none of them left out.
template <typename Appraise>
void expect_taken_on_the_word_of_the_signer(verifier::Store& store, const std::vector<rats::Corim>& corims,
                                            const Appraise& appraise) {
  const Endorser signer(kNow);
  for (const rats::Corim& corim : corims) {
    const rats::Corim foreign = authorized_by(corim, make_key().public_key());
    expect_refused(store.submit(foreign, signer.sign(foreign)), Errc::unauthorized, "authorized-by");
    const rats::Corim right = authorized_by(corim, signer.certificate().public_key().value());
    expect_refused(store.submit(right, rats::encode_corim(right).value()), Errc::unauthorized, "not signed");
    EXPECT_FALSE(appraise().is_affirming());
    const auto taken = store.submit(right, signer.sign(right));
    ASSERT_TRUE(taken) << taken.error().text();
  }
  EXPECT_TRUE(appraise().is_affirming());
}

}  // namespace credence::test
