// Challenge-response sessions: a nonce that was issued, and what became of it. Each takes evidence once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"
#include "service/verifier/result_request.h"

namespace credence::service {

enum class SessionStatus : std::uint8_t { waiting, processing, complete, failed };
[[nodiscard]] std::string_view name(SessionStatus status) noexcept;

inline constexpr std::chrono::milliseconds kSessionLifetime{150'000};  // Veraison's 2m30s

struct Session {
  std::string id;  // a capability: whoever knows it reads the result and may spend the nonce
  Nonce nonce;
  bool own_nonce = false;  // made here, so that `created` bounds the age of the evidence
  Timestamp created{};
  Timestamp expiry{};
  SessionStatus status = SessionStatus::waiting;
  std::string evidence_type;
  std::shared_ptr<const Bytes> evidence;  // null when it is not known here
  std::string result;                     // EAR, signed
  ResultRequest request;                  // how it shall be
};
// What was claimed is not lost on its way to who ends it.
static_assert(std::is_nothrow_move_constructible_v<Session> && std::is_nothrow_move_assignable_v<Session>);

// Thread-safe. Errc::malformed for what is no id, not_found for an unknown or expired one.
class Sessions {
 public:
  virtual ~Sessions() = default;

  // `client` is http::Request::client. Errc::busy when too many are open, Errc::internal when a nonce of this process's
  // own was made before.
  [[nodiscard]] virtual Result<Session> open(Nonce nonce, bool own_nonce, std::string_view client,
                                             ResultRequest request) = 0;
  // All that is known of it.
  [[nodiscard]] virtual Result<Session> find(std::string_view id) = 0;
  // Of a session that is to be claimed: what the evidence must be bound to. It may have been claimed already.
  struct Question {
    Nonce nonce;
    bool own_nonce = false;
  };
  [[nodiscard]] virtual Result<Question> question(std::string_view id) = 0;
  // Waiting becomes processing. Errc::conflict when it has taken evidence already, as far as is known here. Whoever
  // gets it ends it, with finish(), also when an exception comes in between: nobody else can.
  [[nodiscard]] virtual Result<Session> claim(std::string_view id, std::string evidence_type, Bytes evidence) = 0;
  // Ends a session that was claimed: its result, or nothing when nothing could be decided. Only when this succeeds may
  // the result leave the verifier: of several verifiers that appraise for one session at once, one does. Sets the
  // status of `claimed`, and its result, once there is nothing left that can fail: as long as that is `processing`, the
  // session is still to be ended. Without a result it takes no memory, so that this can be done when there is none.
  [[nodiscard]] virtual Result<void> finish(Session& claimed, std::optional<std::string> result) = 0;
  [[nodiscard]] virtual Result<void> remove(std::string_view id) = 0;
  // Of sessions that this process keeps, whatever their status.
  [[nodiscard]] virtual std::size_t count() = 0;
};

}  // namespace credence::service
