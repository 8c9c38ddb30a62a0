/* memmove and memset for the programs whose instructions are counted.
 *
 * Yard (bench/). They stand before libc's, which picks its code by the processor it runs on, so that
 * a count from one machine would not hold on another. Eight bytes a step, whatever the processor.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Or gcc would see a memmove in the loop and call the function it is compiling. */
#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef uint64_t __attribute__((may_alias, aligned(1))) Word;

AS_WRITTEN void* memmove(void* to, const void* from, size_t length) {
  uint8_t* target = to;
  const uint8_t* source = from;
  if (target <= source || target >= source + length) {
    size_t i = 0;
    for (; i + 8 <= length; i += 8) *(Word*)(target + i) = *(const Word*)(source + i);
    for (; i < length; ++i) target[i] = source[i];
  } else {
    for (; length >= 8; length -= 8) *(Word*)(target + length - 8) = *(const Word*)(source + length - 8);
    for (; length > 0; --length) target[length - 1] = source[length - 1];
  }
  return to;
}

AS_WRITTEN void* memset(void* to, int value, size_t length) {
  uint8_t* target = to;
  uint64_t word = (uint8_t)value * UINT64_C(0x0101010101010101);
  size_t i = 0;
  for (; i + 8 <= length; i += 8) *(Word*)(target + i) = word;
  for (; i < length; ++i) target[i] = (uint8_t)value;
  return to;
}
