// Memory that libraries of others lose, for LeakSanitizer: nothing of ours.

// tpm2-tss 4.1: Tss2_TctiLdr_Initialize() forgets its own 96 octets when the TCTI cannot be opened.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:Tss2_TctiLdr_Initialize_Ex\n"; }
