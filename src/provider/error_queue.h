// Our errors in OpenSSL's error queue, where an application looks after a failed handshake.
#pragma once

#include "base/result.h"

namespace credence::provider {

// "error:...:credence::operation fail:device_locked: ..." The text carries no secret: no Error does.
void push_error(const Error& error) noexcept;

}  // namespace credence::provider
