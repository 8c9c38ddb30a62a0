// The guest's side of struct-layout.test.mjs. structs.h is made by the test from the descriptors that
// JavaScript uses.

#include "structs.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

void* malloc(size_t byte_length);

static size_t text_of(int i, char* text) {
  char digits[12];
  size_t length = 0;
  size_t count = 0;
  for (const char* c = "item "; *c != 0; c++) text[length++] = *c;
  do digits[count++] = (char)('0' + i % 10);
  while ((i /= 10) != 0);
  while (count > 0) text[length++] = digits[--count];
  for (const char* c = " \xc3\xa9"; *c != 0; c++) text[length++] = *c;
  text[length] = 0;
  return length;
}

Item* EXPORT(make_items)(int count) {
  Item* items = malloc(sizeof(Item) * (size_t)count);
  if (count == 0) return NULL;
  for (int i = 0; i < count; i++) {
    Item* item = &items[i];
    item->id = 4000000000u + (unsigned)i;
    item->flags[0] = (unsigned char)i;
    item->flags[1] = 1;
    item->flags[2] = 255;
    item->at.x = i + 0.25;
    item->at.y = -1 - i;
    text_of(i, item->name);
    item->next = i < count - 1 ? item + 1 : NULL;
    item->grid[0][0] = (short)i;
    item->grid[0][1] = -1;
    item->grid[0][2] = 2;
    item->grid[0][3] = -3;
    item->grid[1][0] = -32768;
    item->grid[1][1] = 32767;
    item->grid[1][2] = 0;
    item->grid[1][3] = (short)i;
    item->inner.a = (unsigned char)(200 + i);
    item->inner.b = -(1ll << 62) - i;
  }
  return items;
}

// The first item that is not as make_items makes it, or -1.
int EXPORT(check_items)(const Item* items, int count) {
  for (int i = 0; i < count; i++) {
    const Item* item = &items[i];
    char text[24];
    const size_t length = text_of(i, text);
    int good = item->id == 4000000000u + (unsigned)i && item->flags[0] == (unsigned char)i &&
               item->flags[1] == 1 && item->flags[2] == 255 && item->at.x == i + 0.25 && item->at.y == -1 - i;
    for (size_t j = 0; j <= length; j++) good = good && item->name[j] == text[j];
    good = good && item->next == (i < count - 1 ? item + 1 : NULL);
    good = good && item->grid[0][0] == i && item->grid[0][1] == -1 && item->grid[0][2] == 2 &&
           item->grid[0][3] == -3;
    good = good && item->grid[1][0] == -32768 && item->grid[1][1] == 32767 && item->grid[1][2] == 0;
    good = good && item->grid[1][3] == i;
    good = good && item->inner.a == (unsigned char)(200 + i) && item->inner.b == -(1ll << 62) - i;
    if (!good) return i;
  }
  return -1;
}

int EXPORT(float_bits)(Number* number) {
  number->f *= 1.0f;
  return number->i;
}

void EXPORT(set_bytes)(Number* number) {
  for (int i = 0; i < 5; i++) number->b[i] = (unsigned char)(i + 1);
}

void EXPORT(negate)(Packed1* packed) {
  packed->a = (unsigned char)-packed->a;
  packed->b = -packed->b;
  packed->c.d = (unsigned char)-packed->c.d;
  packed->c.e = -packed->c.e;
}
