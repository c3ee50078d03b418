// Which libraries this process has loaded.
#pragma once

#include <dlfcn.h>

namespace credence::test {

inline bool is_loaded(const char* file) { return ::dlopen(file, RTLD_LAZY | RTLD_NOLOAD) != nullptr; }

}  // namespace credence::test
