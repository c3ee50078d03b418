// Where the verifier keeps what it was given, as its operator writes it: memory:, sqlite:FILE or postgresql://...
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/journal.h"
#include "verifier/store/postgres/protection.h"

namespace credence::service {

// VerifierOptions::max_staleness.
inline constexpr std::chrono::seconds kDefaultMaxStaleness{300}, kShortestMaxStaleness{10},
    kLongestMaxStaleness{86'400};

// Makes what is absent and brings what is older to this version. Errc::usage for what is no specification.
[[nodiscard]] Result<std::shared_ptr<verifier::Store>> open_store(const std::string& specification,
                                                                  verifier::RemoteServer remote);

// What it keeps, for copying: Errc::usage for memory:, which nobody else sees, and Errc::not_found for a file that is
// absent and shall not be made.
enum class WhenAbsent : std::uint8_t { make, fail };
[[nodiscard]] Result<std::unique_ptr<verifier::Journal>> open_journal(const std::string& specification,
                                                                      WhenAbsent when_absent,
                                                                      verifier::RemoteServer remote);

// Whether it could be opened, changing nothing. Asks the file or the server only when `probe` says so.
[[nodiscard]] Result<void> check_store(const std::string& specification, bool probe, verifier::RemoteServer remote);

// Whether several verifiers can work over it at once.
[[nodiscard]] bool is_shared_store(std::string_view specification) noexcept;
// Whether it ends with the process.
[[nodiscard]] bool is_memory_store(std::string_view specification) noexcept;

// The specification for a log or a screen: the password of a PostgreSQL server is replaced by "***".
[[nodiscard]] std::string without_password(std::string_view specification);

}  // namespace credence::service
