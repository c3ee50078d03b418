// Where a verifier keeps its store when nobody says: in a file that the service, or else the user, has for its state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::service {

// What stands for it in a configuration. Not the empty text, which is what a variable leaves that was never set.
inline constexpr std::string_view kDefaultStore = "default:";

// sqlite:FILE in the folder that systemd keeps for the service (STATE_DIRECTORY), else in credence/ in the user's
// XDG_STATE_HOME, else in ~/.local/state. Errc::usage when the environment names none of them.
[[nodiscard]] Result<std::string> default_store();

// Makes the folder of that store, for this user alone. Errc::configuration when it is another user's, or others may
// write to it or to one above it: they would decide what is trusted.
[[nodiscard]] Result<void> make_folder_of_default_store();
// The same refusals, and nothing is made. False when there is no such folder, and one could be made.
[[nodiscard]] Result<bool> check_folder_of_default_store();

}  // namespace credence::service
