/* Makes the calls of a recorded program again, and nothing else: what remains of the workload when
 * SQLite's own work is taken away. See lib/trace.mjs for the recording. */
#include <stdint.h>
#include <stdlib.h>

enum { call_malloc = 0, call_realloc = 1, call_free = 2 };

/* A call is two numbers: (slot << 2) | kind, and the size in bytes. `slots` has a place for each block
 * that is live at once. The first byte of every new block is written, as the first thing any program does.
 * Returns 0, or 1 when a block could not be allocated. */
int demo_replay(const uint32_t* calls, uint32_t count, unsigned char** slots) {
  for (uint32_t i = 0; i < count; i++) {
    unsigned char** slot = slots + (calls[2 * i] >> 2);
    uint32_t size = calls[2 * i + 1];
    switch (calls[2 * i] & 3) {
      case call_free: free(*slot); continue;
      case call_realloc: *slot = realloc(*slot, size); break;
      default: *slot = malloc(size);
    }
    if (!*slot) return 1;
    **slot = 1;
  }
  return 0;
}
