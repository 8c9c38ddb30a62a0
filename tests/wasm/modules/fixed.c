// An ordinary module: data, zero-initialized variables and a stack at addresses that the linker has fixed.
// Compiled with LETTER for what its data are full of.
#define EXPORT(name) __attribute__((export_name(#name)))

typedef __SIZE_TYPE__ size_t;
void* malloc(size_t);
void* realloc(void*, size_t);
void free(void*);

static char text[100] = {LETTER, LETTER, LETTER};
static int zeros[3000];

EXPORT(first) int first(void) { return text[0] + text[1] + text[2]; }
EXPORT(zero_sum) int zero_sum(void) {
  int sum = 0;
  for (int i = 0; i < 3000; ++i) sum += zeros[i];
  return sum;
}
EXPORT(fill) void fill(int value) {
  for (int i = 0; i < 3000; ++i) zeros[i] = value;
  for (int i = 0; i < 100; ++i) text[i] = LETTER;
}
EXPORT(check) int check(int value) {
  for (int i = 0; i < 3000; ++i)
    if (zeros[i] != value) return 0;
  for (int i = 0; i < 100; ++i)
    if (text[i] != LETTER) return 0;
  return 1;
}
EXPORT(deep) int deep(int depth) {
  volatile char room[200];
  for (int i = 0; i < 200; ++i) room[i] = (char)depth;
  return depth == 0 ? 0 : 1 + deep(depth - 1) + room[depth % 200] * 0;
}
EXPORT(make) char* make(int n) {
  char* p = malloc(n);
  for (int i = 0; i < n; ++i) p[i] = LETTER;
  return realloc(p, 2 * n);
}
EXPORT(drop) void drop(char* p) { free(p); }
