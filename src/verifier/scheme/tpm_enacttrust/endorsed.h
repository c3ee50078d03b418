// What is endorsed of a node, both looked up by its UUID: the key of its quotes, and the digests of its PCRs.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"

namespace credence::verifier::enacttrust {

inline constexpr std::string_view kProfile = "https://enacttrust.com/veraison/1.0.0";

struct NodeKey final : Endorsed {
  explicit NodeKey(crypto::PublicKey its_key) : key(std::move(its_key)) {}
  crypto::PublicKey key;
  Periods validity;
  Sources sources;
};

struct NodeDigests final : Endorsed {
  std::vector<ApprovedValue> digests;  // of SHA-256
};

// The octets of the node's UUID. Errc::missing_member or unexpected_type when the environment is anything else than an
// instance that is a UUID.
[[nodiscard]] Result<Bytes> node_of(const rats::Environment& environment);
[[nodiscard]] Result<crypto::PublicKey> key_of(const rats::KeyTriple& triple);
// Of the composite of all PCRs that are quoted.
[[nodiscard]] Result<Bytes> digest_of(const rats::ReferenceTriple& triple);

// Errc::conflict when a node is endorsed with two keys.
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_keys(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_digests(std::span<const Statement> statements);

}  // namespace credence::verifier::enacttrust
