// The practical speed limit: one free list a size class, last in first out, without any check.
//
// Yard (bench/). Nothing is split, merged or given to another class, and a wrong free corrupts it:
// it shows what speed is possible, not how an allocator should be. A block's class lies in the four
// bytes before it; blocks are aligned to 16 bytes.

#include <stddef.h>
#include <stdint.h>

extern "C" uint8_t __heap_base;

namespace {

constexpr uint32_t page = 65536;
constexpr uint32_t granule = 16;
constexpr uint32_t header = 4;
constexpr uint32_t exact_classes = 65;  // one a granule, up to 1024 bytes
constexpr uint32_t steps = 8;           // classes an octave above that
constexpr uint32_t classes = exact_classes + 22 * steps;

struct Free {
  Free* next;
};
Free* lists[classes];
uint32_t top;  // the first byte never handed out; 0 before the first call
uint32_t end;

// Class and extent (header included) of a request. Classes above 1024 bytes are the eighths of an octave.
struct Fit {
  uint32_t number;
  uint32_t bytes;
};
Fit fit(uint32_t size) {
  uint32_t bytes = (size + header + granule - 1) & ~(granule - 1);
  if (bytes <= 1024) return {bytes / granule, bytes};
  uint32_t octave = 31 - uint32_t(__builtin_clz(bytes - 1));
  uint32_t step = (uint32_t(1) << octave) / steps;
  uint32_t eighth = (bytes - 1 - (uint32_t(1) << octave)) / step;
  return {exact_classes + (octave - 10) * steps + eighth, (uint32_t(1) << octave) + (eighth + 1) * step};
}

uint32_t class_of(void* block) { return static_cast<uint32_t*>(block)[-1]; }

// Kept out of malloc, so that the engine is more likely to inline that.
__attribute__((noinline)) void* carve(Fit want) {
  if (!top) {
    top = (uint32_t(&__heap_base) + granule - 1) & ~(granule - 1);
    end = uint32_t(__builtin_wasm_memory_size(0)) * page;
  }
  // One granule before the first block for its header; later headers lie in the slack of the block before.
  uint32_t after = top + granule + want.bytes;
  if (after > end) {
    uint32_t pages = (after - end + page - 1) / page;
    if (__builtin_wasm_memory_grow(0, pages) == size_t(-1)) return nullptr;
    end += pages * page;
  }
  uint32_t* block = reinterpret_cast<uint32_t*>(top + granule);
  block[-1] = want.number;
  top += want.bytes;
  return block;
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
  Fit want = fit(size);
  Free* block = lists[want.number];
  if (!block) return carve(want);
  lists[want.number] = block->next;
  return block;
}

void free(void* block) {
  Free* freed = static_cast<Free*>(block);
  uint32_t number = class_of(block);
  freed->next = lists[number];
  lists[number] = freed;
}

// Vectors grow in this bench, so the old size is the smaller one and its class bounds the copy.
void* realloc(void* block, size_t size) {
  Fit want = fit(size);
  uint32_t number = class_of(block);
  if (want.number <= number) return block;
  uint32_t bytes = number < exact_classes
                       ? number * granule
                       : ((uint32_t(1) << ((number - exact_classes) / steps + 10)) / steps) *
                             (steps + 1 + (number - exact_classes) % steps);
  void* moved = malloc(size);
  if (!moved) return nullptr;
  __builtin_memcpy(moved, block, bytes - header);
  free(block);
  return moved;
}
}
