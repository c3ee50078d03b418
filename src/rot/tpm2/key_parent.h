// A storage key of a hierarchy, under which our keys are made and loaded. The TPM derives it from the hierarchy's seed
// whenever it is needed, so nothing of it is kept, and it is the same key until the TPM is cleared.
#pragma once

#include "crypto/key.h"
#include "rot/tpm2/esys.h"
#include "rot/tpm2/key_record.h"

namespace credence::rot::tpm2 {

struct Key;
class KeySlots;

class KeyParent {
 public:
  [[nodiscard]] static Result<KeyParent> create(ESYS_CONTEXT* context, KeySlots& slots, Hierarchy hierarchy);

  KeyParent(KeyParent&& other) noexcept;
  KeyParent& operator=(KeyParent&&) = delete;
  ~KeyParent();

  // A new key with an authorization value of 256 random bits, not loaded yet.
  [[nodiscard]] Result<KeyRecord> make_key(const TPM2B_PUBLIC& area) const;
  // Errc::configuration when the key was made under another parent: in another TPM, or before this one was cleared.
  [[nodiscard]] Result<void> load(Key& key) const;

 private:
  KeyParent(ESYS_CONTEXT* context, KeySlots& slots, Hierarchy hierarchy) noexcept
      : context_(context), slots_(&slots), hierarchy_(hierarchy) {}

  ESYS_CONTEXT* context_;
  KeySlots* slots_;
  Hierarchy hierarchy_;
  ESYS_TR handle_ = ESYS_TR_NONE;
  Bytes name_;
};

}  // namespace credence::rot::tpm2
