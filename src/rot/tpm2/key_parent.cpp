#include "rot/tpm2/key_parent.h"

#include <utility>

#include "crypto/random.h"
#include "rot/tpm2/key_slots.h"
#include "rot/tpm2/response_code.h"
#include "rot/tpm2/templates.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::size_t kAuthorizationSize = 32;

ESYS_TR handle_of(Hierarchy hierarchy) noexcept {
  return hierarchy == Hierarchy::owner ? ESYS_TR_RH_OWNER : ESYS_TR_RH_ENDORSEMENT;
}

Result<Bytes> marshal(const TPMT_PUBLIC& area) {
  Bytes octets(sizeof area);
  std::size_t size = 0;
  CHECK(check(Tss2_MU_TPMT_PUBLIC_Marshal(&area, octets.data(), octets.size(), &size), "marshalling a public area"));
  octets.resize(size);
  return octets;
}

Result<TPM2B_PUBLIC> unmarshal(ByteView octets) {
  TPM2B_PUBLIC area{};
  std::size_t size = 0;
  CHECK(check(Tss2_MU_TPMT_PUBLIC_Unmarshal(octets.data(), octets.size(), &size, &area.publicArea),
              "unmarshalling a public area"));
  if (size != octets.size()) return fail(Errc::trailing_bytes, "something follows the public area of a key");
  return area;
}

}  // namespace

Result<KeyParent> KeyParent::create(ESYS_CONTEXT* context, KeySlots& slots, Hierarchy hierarchy) {
  KeyParent parent(context, slots, hierarchy);
  const TPM2B_PUBLIC area = storage_parent_template();
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation_pcrs{};
  CHECK(slots.with_room("TPM2_CreatePrimary", [&] {
    return Esys_CreatePrimary(context, handle_of(hierarchy), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                              &area, &outside, &creation_pcrs, &parent.handle_, nullptr, nullptr, nullptr, nullptr);
  }));
  TPM2B_NAME* name = nullptr;
  CHECK(check(Esys_TR_GetName(context, parent.handle_, &name), "Esys_TR_GetName"));
  parent.name_ = name_of(*EsysOwned<TPM2B_NAME>(name));
  return parent;
}

Result<KeyRecord> KeyParent::make_key(const TPM2B_PUBLIC& area) const {
  KeyRecord record{.hierarchy = hierarchy_,
                   .parent_name = name_,
                   .public_area = {},
                   .wrapped_private = {},
                   .authorization = SecretBytes(kAuthorizationSize)};
  CHECK(crypto::system_random()->fill(record.authorization.octets()));
  TPM2B_SENSITIVE_CREATE sensitive{};
  auto& authorization = sensitive.sensitive.userAuth;
  CHECK(assign(authorization.size, authorization.buffer, record.authorization.view(), "authorization value"));
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation_pcrs{};
  TPM2B_PRIVATE* wrapped = nullptr;
  TPM2B_PUBLIC* created = nullptr;
  auto made = slots_->with_room("TPM2_Create", [&] {
    return Esys_Create(context_, handle_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &area, &outside,
                       &creation_pcrs, &wrapped, &created, nullptr, nullptr, nullptr);
  });
  const EsysOwned<TPM2B_PRIVATE> wrapped_owner(wrapped);
  const EsysOwned<TPM2B_PUBLIC> created_owner(created);
  cleanse({authorization.buffer, sizeof authorization.buffer});
  CHECK(std::move(made));
  TRY(record.public_area, marshal(created->publicArea));
  record.wrapped_private = buffer_of(*wrapped);
  return record;
}

Result<void> KeyParent::load(Key& key) const {
  if (!equal(key.record.parent_name, name_)) {
    return fail(
        Errc::configuration,
        "the key belongs to another TPM, or this one was cleared since: use the state directory of this TPM, or "
        "an empty one and endorse the new keys");
  }
  TRY(const TPM2B_PUBLIC area, unmarshal(key.record.public_area));
  TPM2B_PRIVATE wrapped{};
  CHECK(assign(wrapped.size, wrapped.buffer, key.record.wrapped_private, "wrapped key"));
  ESYS_TR handle = ESYS_TR_NONE;
  CHECK(slots_->with_room("TPM2_Load", [&] {
    return Esys_Load(context_, handle_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &wrapped, &area, &handle);
  }));
  return slots_->adopt(key, handle);
}

KeyParent::KeyParent(KeyParent&& other) noexcept
    : context_(other.context_),
      slots_(other.slots_),
      hierarchy_(other.hierarchy_),
      handle_(std::exchange(other.handle_, ESYS_TR_NONE)),
      name_(std::move(other.name_)) {}

KeyParent::~KeyParent() {
  if (handle_ != ESYS_TR_NONE) Esys_FlushContext(context_, handle_);
}

}  // namespace credence::rot::tpm2
