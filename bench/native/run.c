/* The workloads as a native program: what ./dev bench measures malloc with that an operating system has.
 *
 * Yard (bench/). Linked with the very workloads.cpp of the modules; malloc is the C library's or what LD_PRELOAD puts
 * before it. Arguments: how many runs, the calls that prepare (`name:argument:argument`), `/`, the calls of a run;
 * those with a `+` before their name are timed. A run is made once untimed, then so many times. Prints which library
 * malloc came from, then a line for each timed call: nanoseconds, and the number that it returned.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS(f)                                                                                   \
  f(pair) f(small_fill) f(small_churn) f(octave_fill) f(octave_churn) f(large_fill) f(large_churn) \
      f(batch_order) f(batch_malloc) f(batch_free) f(vector_grow) f(vector_free)

/* Their real types differ; integer arguments that one has too many do no harm in the ABIs this runs on. */
typedef uint32_t (*Call)(uint32_t, uint32_t);
#define DECLARE(name) uint32_t name(uint32_t, uint32_t);
CALLS(DECLARE)

static Call find(const char* name) {
#define COMPARE(one) \
  if (!strcmp(name, #one)) return one;
  CALLS(COMPARE)
  fprintf(stderr, "no call '%s'\n", name);
  exit(2);
}

typedef struct {
  Call call;
  uint32_t a, b;
  int timed;
} Step;

static Step parse(char* text) {
  Step step = {.timed = text[0] == '+'};
  char* name = strtok(text + step.timed, ":");
  char* a = strtok(NULL, ":");
  char* b = strtok(NULL, ":");
  step.call = find(name);
  step.a = a ? (uint32_t)strtoul(a, NULL, 10) : 0;
  step.b = b ? (uint32_t)strtoul(b, NULL, 10) : 0;
  return step;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char** arguments) {
  static Step steps[256];
  Dl_info from = {0};
  dladdr((void*)malloc, &from);
  printf("%s\n", from.dli_fname);

  int runs = count > 1 ? atoi(arguments[1]) : 0;
  int prepared = 0, length = 0;
  for (int i = 2; i < count; i++) {
    if (!strcmp(arguments[i], "/"))
      prepared = length;
    else if (length < 256)
      steps[length++] = parse(arguments[i]);
    else
      return 2;
  }
  for (int i = 0; i < prepared; i++) steps[i].call(steps[i].a, steps[i].b);
  for (int run = 0; run <= runs; run++) {
    for (int i = prepared; i < length; i++) {
      double begin = now();
      uint32_t result = steps[i].call(steps[i].a, steps[i].b);
      double elapsed = now() - begin;
      if (run > 0 && steps[i].timed) printf("%.0f %u\n", elapsed, result);
    }
  }
  return 0;
}
