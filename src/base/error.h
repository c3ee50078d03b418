// Errc and Error are part of the public interface: the application reads them.
#pragma once

#include "credence/error.h"  // IWYU pragma: export
