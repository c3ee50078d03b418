// A TPM without SHA-384: passes commands on to a real transport, and answers as the many chips do that lack it. Its
// capabilities do not name SHA-384, P-384 nor the bank; qualifying data is at most 34 octets; keys that need it are
// refused.
#pragma once

#include "support/tcti_proxy.h"

namespace credence::test {

class TctiWithoutSha384 final : public TctiProxy {
 public:
  using TctiProxy::TctiProxy;

 private:
  [[nodiscard]] std::optional<TPM2_RC> refusal(TPM2_CC code, std::span<const std::uint8_t> command) override;
  [[nodiscard]] std::size_t change(TPM2_CC code, std::uint8_t* response, std::size_t size) override;
};

}  // namespace credence::test
