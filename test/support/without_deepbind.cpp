// OpenSSL's PKCS#11 provider opens its module with RTLD_DEEPBIND, and the sanitizers end a process that does so: the
// module would take another malloc than the rest. Linked into a test program, this dlopen() is found before theirs,
// leaves the flag out and calls theirs.
#include <dlfcn.h>

extern "C" __attribute__((visibility("default"))) void* dlopen(const char* file, int flags) {
  using Open = void* (*)(const char*, int);
  static const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"));
  return next(file, flags & ~RTLD_DEEPBIND);
}
