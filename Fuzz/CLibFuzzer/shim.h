#include <stddef.h>
#include <stdint.h>

/* LibFuzzer has no header of its own; this is its interface for programs that bring their own main
   (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library). */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
