// A guest linked with liballot: its malloc and the host work on one heap.
#include <stddef.h>
#include <stdint.h>

extern "C" {
void* malloc(size_t);
void free(void*);
void* realloc(void*, size_t);
void* aligned_alloc(size_t, size_t);
size_t malloc_usable_size(void*);
uintptr_t allot_image(void);

#define EXPORT(name) __attribute__((export_name(#name)))

struct Node {
  uint8_t tag;
  int64_t value;
  Node* next;
  uint16_t pair[2];
};

EXPORT(guest_malloc) void* guest_malloc(size_t size) { return malloc(size); }
EXPORT(guest_free) void guest_free(void* p) { free(p); }
EXPORT(guest_realloc) void* guest_realloc(void* p, size_t size) { return realloc(p, size); }
EXPORT(guest_aligned_alloc) void* guest_aligned_alloc(size_t a, size_t size) {
  return aligned_alloc(a, size);
}
EXPORT(guest_usable_size) size_t guest_usable_size(void* p) { return malloc_usable_size(p); }
EXPORT(image) uintptr_t image(void) { return allot_image(); }
EXPORT(grow) size_t grow(size_t pages) { return __builtin_wasm_memory_grow(0, pages); }

EXPORT(sum) int32_t sum(const int32_t* values, size_t count) {
  int32_t total = 0;
  for (size_t i = 0; i < count; ++i) total += values[i];
  return total;
}
EXPORT(push) Node* push(Node* list, int64_t value) {
  Node* node = static_cast<Node*>(malloc(sizeof(Node)));
  node->tag = 7;
  node->value = value;
  node->next = list;
  node->pair[0] = 3;
  node->pair[1] = 4;
  return node;
}
EXPORT(sizeof_node) size_t sizeof_node(void) { return sizeof(Node); }
EXPORT(greet) const char* greet(void) { return "gr\xc3\xbc\xc3\x9f dich"; }
// What a guest can do to the records of its heap.
EXPORT(spoil) void spoil(uintptr_t at, uint32_t value) { *reinterpret_cast<volatile uint32_t*>(at) = value; }
}
