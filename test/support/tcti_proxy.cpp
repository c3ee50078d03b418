#include "support/tcti_proxy.h"

#include <tss2/tss2_mu.h>

namespace credence::test {

struct TctiProxy::Context {
  TSS2_TCTI_CONTEXT_COMMON_V1 common;  // first: tpm2-tss takes a pointer to it
  TctiProxy* proxy = nullptr;
  TSS2_TCTI_CONTEXT* real = nullptr;
  TPM2_CC command = 0;
  std::optional<TPM2_RC> refusal{};

  static Context& of(TSS2_TCTI_CONTEXT* tcti) { return *reinterpret_cast<Context*>(tcti); }
  static TSS2_RC cancel(TSS2_TCTI_CONTEXT* tcti) { return Tss2_Tcti_Cancel(of(tcti).real); }
  static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT* tcti, TSS2_TCTI_POLL_HANDLE* handles, std::size_t* count) {
    return Tss2_Tcti_GetPollHandles(of(tcti).real, handles, count);
  }
  static TSS2_RC set_locality(TSS2_TCTI_CONTEXT* tcti, std::uint8_t locality) {
    return Tss2_Tcti_SetLocality(of(tcti).real, locality);
  }
};

TSS2_RC TctiProxy::transmit(TSS2_TCTI_CONTEXT* tcti, std::size_t size, const std::uint8_t* command) {
  Context& context = Context::of(tcti);
  std::size_t offset = kHeader - sizeof(TPM2_CC);
  if (Tss2_MU_TPM2_CC_Unmarshal(command, size, &offset, &context.command) != TSS2_RC_SUCCESS) {
    return TSS2_TCTI_RC_BAD_VALUE;
  }
  context.refusal = context.proxy->refusal(context.command, {command, size});
  return context.refusal ? TSS2_RC_SUCCESS : Tss2_Tcti_Transmit(context.real, size, command);
}

TSS2_RC TctiProxy::receive(TSS2_TCTI_CONTEXT* tcti, std::size_t* size, std::uint8_t* response, std::int32_t timeout) {
  Context& context = Context::of(tcti);
  if (!context.refusal) {
    const TSS2_RC code = Tss2_Tcti_Receive(context.real, size, response, timeout);
    if (code != TSS2_RC_SUCCESS || response == nullptr) return code;
    const std::size_t changed = context.proxy->change(context.command, response, *size);
    if (changed == *size) return code;
    std::size_t offset = sizeof(TPM2_ST);
    *size = changed;
    return Tss2_MU_UINT32_Marshal(static_cast<UINT32>(changed), response, kHeader, &offset);
  }
  *size = kHeader;
  if (response == nullptr) return TSS2_RC_SUCCESS;
  std::size_t offset = 0;
  Tss2_MU_TPM2_ST_Marshal(TPM2_ST_NO_SESSIONS, response, kHeader, &offset);
  Tss2_MU_UINT32_Marshal(kHeader, response, kHeader, &offset);
  Tss2_MU_UINT32_Marshal(*context.refusal, response, kHeader, &offset);
  context.refusal.reset();
  return TSS2_RC_SUCCESS;
}

TctiProxy::TctiProxy(TSS2_TCTI_CONTEXT* real)
    : context_(std::make_unique<Context>(Context{.common = {.magic = 0x43524544454e4345,
                                                            .version = 1,
                                                            .transmit = transmit,
                                                            .receive = receive,
                                                            .finalize = nullptr,
                                                            .cancel = Context::cancel,
                                                            .getPollHandles = Context::poll_handles,
                                                            .setLocality = Context::set_locality},
                                                 .proxy = this,
                                                 .real = real})) {}

TctiProxy::~TctiProxy() = default;

TSS2_TCTI_CONTEXT* TctiProxy::get() noexcept { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&context_->common); }

}  // namespace credence::test
