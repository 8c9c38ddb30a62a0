// Calls every function that liballot replaces, in a guest. run() returns 0, or the line of the first check
// that does not hold. Compiled twice by guest-family.test.mjs: with wasi-libc, and freestanding.
#include <stddef.h>
#include <stdint.h>

#include <new>

#ifndef GUEST_FREESTANDING
#include <errno.h>
#endif

extern "C" {
void* malloc(size_t);
void free(void*);
void* calloc(size_t, size_t);
void* realloc(void*, size_t);
void* reallocarray(void*, size_t, size_t);
void* aligned_alloc(size_t, size_t);
void* memalign(size_t, size_t);
int posix_memalign(void**, size_t, size_t);
size_t malloc_usable_size(void*);
void free_sized(void*, size_t);
void free_aligned_sized(void*, size_t, size_t);
}

#define CHECK(condition) \
  if (!(condition)) return __LINE__

namespace {

bool aligned(const void* p, size_t to) { return p && reinterpret_cast<uintptr_t>(p) % to == 0; }

bool filled(const unsigned char* p, size_t n, unsigned char with) {
  for (size_t i = 0; i < n; ++i)
    if (p[i] != with) return false;
  return true;
}
void fill(unsigned char* p, size_t n, unsigned char with) {
  for (size_t i = 0; i < n; ++i) p[i] = with;
}

unsigned char pattern(size_t i, size_t n) { return static_cast<unsigned char>(i * 7 + n); }

/// Whether what moves keeps what is in it, and what is zeroed is, whatever its length and what is beside it.
bool keeps_and_clears(size_t n) {
  auto* const before = static_cast<unsigned char*>(malloc(n));
  auto* a = static_cast<unsigned char*>(malloc(n));
  auto* const after = static_cast<unsigned char*>(malloc(n));
  if (!before || !a || !after) return false;
  fill(before, malloc_usable_size(before), 1);
  fill(after, malloc_usable_size(after), 3);
  for (size_t i = 0; i < n; ++i) a[i] = pattern(i, n);
  a = static_cast<unsigned char*>(realloc(a, 2 * n + 16));
  if (!a) return false;
  for (size_t i = 0; i < n; ++i)
    if (a[i] != pattern(i, n)) return false;
  fill(a, malloc_usable_size(a), 0xFF);
  free(a);
  auto* const zeros = static_cast<unsigned char*>(calloc(1, 2 * n + 16));
  if (!zeros || !filled(zeros, 2 * n + 16, 0)) return false;
  const bool kept =
      filled(before, malloc_usable_size(before), 1) && filled(after, malloc_usable_size(after), 3);
  free(zeros);
  free(before);
  free(after);
  return kept;
}

struct alignas(128) Wide {
  char bytes[128];
};

#ifdef GUEST_FREESTANDING
bool error_is(int) { return true; }
constexpr int no_memory = 0;
constexpr int invalid = 0;
#else
bool error_is(int expected) {
  const bool same = errno == expected;
  errno = 0;
  return same;
}
constexpr int no_memory = ENOMEM;
constexpr int invalid = EINVAL;
#endif

}  // namespace

extern "C" {

__attribute__((export_name("run"))) int run() {
  free(nullptr);  // before there is a heap
  auto* a = static_cast<unsigned char*>(malloc(100));
  CHECK(aligned(a, 16) && malloc_usable_size(a) >= 100 && malloc_usable_size(nullptr) == 0);
  fill(a, 100, 7);
  a = static_cast<unsigned char*>(realloc(a, 5000));
  CHECK(aligned(a, 16) && filled(a, 100, 7));
  fill(a, 5000, 8);
  a = static_cast<unsigned char*>(realloc(a, 40));
  CHECK(a && filled(a, 40, 8) && malloc_usable_size(a) < 5000);
  free(nullptr);  // and where there is one
  void* const none = malloc(0);
  CHECK(none && none != a);
  void* const kept = realloc(none, 0);
  CHECK(kept);
  free(kept);
  free(a);
  for (size_t n = 1; n <= 400; ++n) CHECK(keeps_and_clears(n));

  auto* const zeroed = static_cast<unsigned char*>(calloc(30, 41));
  CHECK(zeroed && filled(zeroed, 30 * 41, 0));
  fill(zeroed, 30 * 41, 9);
  free(zeroed);
  auto* const again = static_cast<unsigned char*>(calloc(30, 41));
  CHECK(again && filled(again, 30 * 41, 0));
  CHECK(!calloc(65536, 65536) && error_is(no_memory));
  CHECK(!malloc(0xFFFFFFFF) && error_is(no_memory));
  CHECK(!malloc(0xFFFFFFF0) && error_is(no_memory));
  CHECK(!reallocarray(again, 65536, 65537) && error_is(no_memory));
  CHECK(filled(again, 30 * 41, 0));
  auto* const grown = static_cast<unsigned char*>(reallocarray(again, 60, 41));
  CHECK(grown && filled(grown, 30 * 41, 0));
  free(grown);
  void* const fresh = reallocarray(nullptr, 3, 5);
  CHECK(fresh);
  free(fresh);

  for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
    void* const p = aligned_alloc(alignment, 100);
    void* const q = memalign(alignment, 1);
    CHECK(aligned(p, alignment) && aligned(q, alignment) && p != q);
    void* r = nullptr;
    CHECK(posix_memalign(&r, alignment < sizeof(void*) ? sizeof(void*) : alignment, 77) == 0 &&
          aligned(r, alignment));
    free(p);
    free(q);
    free(r);
  }
  CHECK(!aligned_alloc(24, 100) && error_is(invalid));
  CHECK(!aligned_alloc(0, 100) && error_is(invalid));
  void* untouched = &untouched;
  CHECK(posix_memalign(&untouched, 24, 1) == 28 && untouched == &untouched);
  CHECK(posix_memalign(&untouched, 2, 1) == 28 && untouched == &untouched);
  CHECK(posix_memalign(&untouched, 16, 0xFFFFFFF0) == 48 && untouched == &untouched);

  free_sized(nullptr, 5);
  free_sized(malloc(100), 100);
  free_sized(malloc(0), 0);
  free_aligned_sized(nullptr, 64, 5);
  free_aligned_sized(aligned_alloc(256, 700), 256, 700);

  delete new int(5);
  delete[] new char[1000];
  auto* const wide = new Wide;
  CHECK(aligned(wide, 128));
  delete wide;
  auto* const wides = new Wide[3];
  CHECK(aligned(wides, 128));
  delete[] wides;
  char* const quiet = new (std::nothrow) char[10];
  CHECK(quiet);
  ::operator delete(quiet, std::nothrow);
  CHECK(!::operator new(0xFFFFFFF0, std::nothrow));
  CHECK(!::operator new[](0xFFFFFFF0, std::align_val_t(64), std::nothrow));
  ::operator delete(::operator new(48), size_t{48});
  ::operator delete[](::operator new[](48, std::align_val_t(256)), size_t{48}, std::align_val_t(256));
  return 0;
}

__attribute__((export_name("free_twice"))) void free_twice() {
  void* const p = malloc(24);
  free(p);
  free(p);
}
__attribute__((export_name("free_inside"))) void free_inside() { free(static_cast<char*>(malloc(64)) + 16); }
__attribute__((export_name("realloc_freed"))) void realloc_freed() {
  void* const p = malloc(24);
  free(p);
  free(realloc(p, 48));
}
__attribute__((export_name("free_longer"))) void free_longer() { free_sized(malloc(24), 1000); }
__attribute__((export_name("free_aligned_longer"))) void free_aligned_longer() {
  free_aligned_sized(aligned_alloc(64, 24), 64, 1000);
}
__attribute__((export_name("free_less_aligned"))) void free_less_aligned() {
  free_aligned_sized(aligned_alloc(4096, 24), 24, 24);
}
__attribute__((export_name("free_more_aligned"))) void free_more_aligned() {
  void* const p = malloc(24);
  free_aligned_sized(p, 0x10000000, 24);
}
__attribute__((export_name("free_sized_twice"))) void free_sized_twice() {
  void* const p = malloc(24);
  free_sized(p, 24);
  free_sized(p, 24);
}
__attribute__((export_name("new_too_much"))) void new_too_much() { delete[] new char[0xFFFFFFF0]; }
__attribute__((export_name("allocate"))) void* allocate(size_t size) { return malloc(size); }
__attribute__((export_name("release"))) void release(void* p) { free(p); }

}  // extern "C"
