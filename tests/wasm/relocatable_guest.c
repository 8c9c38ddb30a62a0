// The guest's side of relocatable.test.mjs: it keeps handles, and asks for the address at each use.

#include <allot/guest.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

__attribute__((import_module("env"), import_name("compact"))) void compact(void);

static allot_handle kept[16];

void EXPORT(keep)(int index, allot_handle handle) { kept[index] = handle; }

int EXPORT(sum)(int index, int count) {
  const int* numbers = allot_resolve(kept[index]);
  int sum = 0;
  for (int i = 0; i < count; i++) sum += numbers[i];
  return sum;
}

// The block may be elsewhere after the call.
int EXPORT(write_around_compaction)(int index, int value) {
  int* numbers = allot_resolve(kept[index]);
  numbers[0] = value;
  compact();
  int* moved = allot_resolve(kept[index]);
  moved[1] = value;
  return moved != numbers;
}

int EXPORT(is_gone)(int index) { return allot_resolve(kept[index]) == NULL; }
