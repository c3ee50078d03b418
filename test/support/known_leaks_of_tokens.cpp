// Memory that libraries of others lose, for LeakSanitizer: nothing of ours.

// pkcs11-provider 1.0: with two keys open, what goes first ends the module for the other (C_Finalize), which then
// forgets its session and what it had of the module. Who made that is only known when the whole stack is.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:OSSL_STORE_load\nleak:OSSL_PROVIDER_try_load_ex\n";
}
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
