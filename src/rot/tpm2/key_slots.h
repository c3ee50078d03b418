// Loaded keys. A TPM has few slots for them (software TPMs three), so the key that was used longest ago makes room.
//
// Each key is saved as a context when it is first loaded: bringing it back then takes one command and no parent. After
// a reset of the TPM saved contexts are void; the key is then loaded from its wrapped form again.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/key.h"
#include "rot/tpm2/esys.h"
#include "rot/tpm2/key_record.h"
#include "rot/tpm2/response_code.h"

namespace credence::rot::tpm2 {

// A key of ours in this process. Its address is its identity: KeySlots keeps pointers.
struct Key {
  Key(KeyRecord from, crypto::PublicKey key) : record(std::move(from)), public_key(std::move(key)) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  KeyRecord record;
  crypto::PublicKey public_key;
  ESYS_TR handle = ESYS_TR_NONE;  // ESYS_TR_NONE while it is not in a slot
  std::optional<TPMS_CONTEXT> saved{};
};

class KeySlots {
 public:
  explicit KeySlots(ESYS_CONTEXT* context) noexcept : context_(context) {}

  // Runs a command that needs a free slot; flushes keys until it has one.
  template <typename Command>
  [[nodiscard]] Result<void> with_room(std::string_view name, Command command) {
    TSS2_RC code = command();
    while (is_out_of_slots(code) && flush_oldest()) code = command();
    return check(code, name);
  }

  // Runs a command over keys, which are brought into slots first. When the TPM was reset and knows them no longer, they
  // are loaded anew and the command is tried once more. The evidence shows the reset: its counter, and the PCRs.
  template <typename Command>
  [[nodiscard]] Result<void> with_keys(std::initializer_list<Key*> keys, std::string_view name, Command command) {
    CHECK(load(keys));
    TSS2_RC code = command();
    if (is_reset(code)) {
      CHECK(recover(code));
      CHECK(load(keys));
      code = command();
    }
    return check(code, name);
  }

  // Takes over a key that was just loaded under its parent: sets its authorization value and saves its context. After a
  // failure the key is in no slot and nothing here points to it.
  [[nodiscard]] Result<void> adopt(Key& key, ESYS_TR handle);
  // Frees the slot of a key that goes.
  void flush(Key& key) noexcept;
  void flush_all() noexcept;

 private:
  // The key used most recently is the last one to be flushed, so those of one command do not push each other out.
  [[nodiscard]] Result<void> load(std::initializer_list<Key*> keys);
  [[nodiscard]] Result<void> load(Key& key);
  [[nodiscard]] Result<void> load_saved(Key& key);
  [[nodiscard]] Result<void> prepare(Key& key);
  [[nodiscard]] bool flush_oldest() noexcept;
  // After a reset: nothing is loaded any more, and a software TPM waits for TPM2_Startup.
  [[nodiscard]] Result<void> recover(TSS2_RC code);

  ESYS_CONTEXT* context_;
  std::vector<Key*> loaded_;  // the one used longest ago first
};

}  // namespace credence::rot::tpm2
