/* The image is laid out, and malloc takes from it. */
#include <allot/guest.h>
#include <stdlib.h>

int run(void) {
  uint32_t* const image = (uint32_t*)allot_image();
  char* const block = malloc(100);
  const int is_behind = (uintptr_t)block > (uintptr_t)image;
  free(block);
  return is_behind && image[0] != 0;
}
