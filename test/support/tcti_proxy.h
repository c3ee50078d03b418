// A transport that passes commands on to a real one, and answers some of them itself.
#pragma once

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tpm2_types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace credence::test {

class TctiProxy {
 public:
  static constexpr std::size_t kHeader = 10;  // of a command or response: tag, size, code

  // `real` stays the caller's and must outlive this.
  explicit TctiProxy(TSS2_TCTI_CONTEXT* real);
  TctiProxy(const TctiProxy&) = delete;
  TctiProxy& operator=(const TctiProxy&) = delete;
  virtual ~TctiProxy();

  [[nodiscard]] TSS2_TCTI_CONTEXT* get() noexcept;

 private:
  struct Context;

  static TSS2_RC transmit(TSS2_TCTI_CONTEXT* tcti, std::size_t size, const std::uint8_t* command);
  static TSS2_RC receive(TSS2_TCTI_CONTEXT* tcti, std::size_t* size, std::uint8_t* response, std::int32_t timeout);

  // What to answer instead of passing the command on.
  [[nodiscard]] virtual std::optional<TPM2_RC> refusal(TPM2_CC code, std::span<const std::uint8_t> command) = 0;
  // May change a response where it stands; the result is its new size.
  [[nodiscard]] virtual std::size_t change(TPM2_CC, std::uint8_t*, std::size_t size) { return size; }

  std::unique_ptr<Context> context_;
};

// Refuses one command as long as `code` is set.
class RefusingTcti final : public TctiProxy {
 public:
  RefusingTcti(TSS2_TCTI_CONTEXT* real, TPM2_CC command) : TctiProxy(real), command_(command) {}

  std::optional<TPM2_RC> code;

 private:
  [[nodiscard]] std::optional<TPM2_RC> refusal(TPM2_CC command, std::span<const std::uint8_t>) override {
    return command == command_ ? code : std::nullopt;
  }

  TPM2_CC command_;
};

}  // namespace credence::test
