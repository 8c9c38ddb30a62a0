/* A guest that gives back what it never had before it allocates, for guest-early.test.mjs. */
#include <allot/guest.h>
#include <stddef.h>
#include <stdint.h>

void* malloc(size_t);
void* realloc(void*, size_t);
void free(void*);
size_t malloc_usable_size(void*);

#define EXPORT(name) __attribute__((export_name(#name))) name

static uint32_t error;
static uintptr_t where;
void allot_on_error(uint32_t number, uintptr_t address) {
  error = number;
  where = address;
}

uint32_t EXPORT(last_error)(void) { return error; }
uintptr_t EXPORT(last_address)(void) { return where; }
void EXPORT(give)(uintptr_t address) { free((void*)address); }
uintptr_t EXPORT(resize)(uintptr_t address) { return (uintptr_t)realloc((void*)address, 100); }
size_t EXPORT(usable)(uintptr_t address) { return malloc_usable_size((void*)address); }
uintptr_t EXPORT(take)(size_t length) { return (uintptr_t)malloc(length); }
