// A TPM without SHA-384: passes commands on to a real transport, and answers as the many chips do that lack it. Its
// capabilities do not name SHA-384, P-384 nor the bank; qualifying data is at most 34 octets; keys that need it are
// refused.
#pragma once

#include <tss2/tss2_tcti.h>

#include <memory>

namespace credence::test {

class TctiWithoutSha384 {
 public:
  // `real` stays the caller's and must outlive this.
  explicit TctiWithoutSha384(TSS2_TCTI_CONTEXT* real);
  TctiWithoutSha384(const TctiWithoutSha384&) = delete;
  TctiWithoutSha384& operator=(const TctiWithoutSha384&) = delete;
  ~TctiWithoutSha384();

  [[nodiscard]] TSS2_TCTI_CONTEXT* get() noexcept;

  struct Context;

 private:
  std::unique_ptr<Context> context_;
};

}  // namespace credence::test
