#include "rot/tpm2/key_slots.h"

#include <algorithm>
#include <string>

#include "rot/tpm2/key_parent.h"

namespace credence::rot::tpm2 {
namespace {

// The memory of a handle that the TPM no longer knows.
void close(ESYS_CONTEXT* context, ESYS_TR& handle) noexcept {
  if (handle != ESYS_TR_NONE) Esys_TR_Close(context, &handle);
  handle = ESYS_TR_NONE;
}

Result<void> set_authorization(ESYS_CONTEXT* context, const Key& key) {
  TPM2B_AUTH authorization{};
  CHECK(assign(authorization.size, authorization.buffer, key.record.authorization.view(), "authorization value"));
  const TSS2_RC code = Esys_TR_SetAuth(context, key.handle, &authorization);
  cleanse({authorization.buffer, sizeof authorization.buffer});
  return check(code, "Esys_TR_SetAuth");
}

}  // namespace

Result<void> KeySlots::load(std::initializer_list<Key*> keys) {
  for (Key* key : keys) CHECK(load(*key));
  // The second key may have pushed out the first when somebody else's keys fill the other slots.
  const bool all = std::ranges::all_of(keys, [](const Key* key) { return key->handle != ESYS_TR_NONE; });
  if (!all) return fail(Errc::busy, "the TPM has too few free slots: another program keeps its keys loaded");
  return {};
}

Result<void> KeySlots::load(Key& key) {
  if (key.handle != ESYS_TR_NONE) {
    const auto position = std::ranges::find(loaded_, &key);
    std::rotate(position, position + 1, loaded_.end());
    return {};
  }
  if (key.saved && load_saved(key)) return {};
  key.saved.reset();
  TRY(const KeyParent parent, KeyParent::create(context_, *this, key.record.hierarchy));
  return parent.load(key);
}

// Fails after a reset of the TPM, which makes every saved context void.
Result<void> KeySlots::load_saved(Key& key) {
  ESYS_TR handle = ESYS_TR_NONE;
  CHECK(with_room("TPM2_ContextLoad", [&] { return Esys_ContextLoad(context_, &*key.saved, &handle); }));
  return adopt(key, handle);
}

Result<void> KeySlots::adopt(Key& key, ESYS_TR handle) {
  key.handle = handle;
  loaded_.push_back(&key);
  auto prepared = prepare(key);
  // The owner lets go of a key that failed: no pointer to it may stay here, and its slot must become free.
  if (!prepared) flush(key);
  return prepared;
}

Result<void> KeySlots::prepare(Key& key) {
  CHECK(set_authorization(context_, key));
  if (key.saved) return {};
  TPMS_CONTEXT* saved = nullptr;
  CHECK(check(Esys_ContextSave(context_, key.handle, &saved), "TPM2_ContextSave"));
  key.saved = *EsysOwned<TPMS_CONTEXT>(saved);
  return {};
}

bool KeySlots::flush_oldest() noexcept {
  if (loaded_.empty()) return false;
  flush(*loaded_.front());
  return true;
}

void KeySlots::flush(Key& key) noexcept {
  std::erase(loaded_, &key);
  if (key.handle == ESYS_TR_NONE) return;
  // A TPM that does not know the key any more has flushed it already.
  if (Esys_FlushContext(context_, key.handle) != TSS2_RC_SUCCESS) close(context_, key.handle);
  key.handle = ESYS_TR_NONE;
}

void KeySlots::flush_all() noexcept {
  while (flush_oldest()) {
  }
}

Result<void> KeySlots::recover(TSS2_RC code) {
  for (Key* key : loaded_) close(context_, key->handle);
  loaded_.clear();
  if (tpm_code(code) != TPM2_RC_INITIALIZE) return {};
  return check(Esys_Startup(context_, TPM2_SU_CLEAR), "TPM2_Startup");
}

}  // namespace credence::rot::tpm2
