// What C++ says of operator new and delete, where a program replaces some of them and where memory is at its end. Each
// function returns 0, or the line of the first check that does not hold. Compiled by guest-operators.test.mjs, with
// REPLACES_PLAIN, REPLACES_ARRAY or neither.
#include <stddef.h>
#include <stdint.h>

#include <new>

extern "C" {
void* malloc(size_t);
void free(void*);
void* aligned_alloc(size_t, size_t);
}

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))
#define CHECK(condition) \
  if (!(condition)) return __LINE__

namespace {
constexpr auto line = std::align_val_t{64};
constexpr size_t too_much = 0x70000000;
}  // namespace

#if defined(REPLACES_PLAIN) || defined(REPLACES_ARRAY)
namespace {
int plain_new, aligned_new, plain_delete, aligned_delete;
int expected_plain, expected_aligned;

bool all_called(bool is_aligned) {
  (is_aligned ? expected_aligned : expected_plain)++;
  return plain_new == expected_plain && plain_delete == expected_plain && aligned_new == expected_aligned &&
         aligned_delete == expected_aligned;
}
}  // namespace

#ifdef REPLACES_PLAIN
#define REPLACED_NEW operator new
#define REPLACED_DELETE operator delete
#else
#define REPLACED_NEW operator new[]
#define REPLACED_DELETE operator delete[]
#endif

void* REPLACED_NEW(size_t size) {
  ++plain_new;
  return malloc(size);
}
void* REPLACED_NEW(size_t size, std::align_val_t a) {
  ++aligned_new;
  return aligned_alloc(static_cast<size_t>(a), size);
}
void REPLACED_DELETE(void* p) noexcept {
  ++plain_delete;
  free(p);
}
void REPLACED_DELETE(void* p, std::align_val_t) noexcept {
  ++aligned_delete;
  free(p);
}

#define CALLS(take, give, is_aligned) \
  do {                                \
    void* const p = take;             \
    CHECK(p);                         \
    give;                             \
    CHECK(all_called(is_aligned));    \
  } while (false)

EXPORT(replaced) int replaced() {
  using std::nothrow;
#ifdef REPLACES_PLAIN
  CALLS(::operator new(10), ::operator delete(p), false);
  CALLS(::operator new(10, nothrow), ::operator delete(p, size_t{10}), false);
  CALLS(::operator new(10), ::operator delete(p, nothrow), false);
  CALLS(::operator new(10, line), ::operator delete(p, line), true);
  CALLS(::operator new(10, line, nothrow), ::operator delete(p, size_t{10}, line), true);
  CALLS(::operator new(10, line), ::operator delete(p, line, nothrow), true);
#endif
  CALLS(::operator new[](10), ::operator delete[](p), false);
  CALLS(::operator new[](10, nothrow), ::operator delete[](p, size_t{10}), false);
  CALLS(::operator new[](10), ::operator delete[](p, nothrow), false);
  CALLS(::operator new[](10, line), ::operator delete[](p, line), true);
  CALLS(::operator new[](10, line, nothrow), ::operator delete[](p, size_t{10}, line), true);
  CALLS(::operator new[](10, line), ::operator delete[](p, line, nothrow), true);
  return 0;
}

#else

namespace {
int calls;
void* reserve;

// Gives up at the third call, and before that what it has.
void make_room() {
  if (++calls == 3) std::set_new_handler(nullptr);
  free(reserve);
  reserve = nullptr;
}
}  // namespace

#ifdef GUEST_FREESTANDING
// There is no libc++abi: a program that wants a handler says where it is.
extern "C" {
std::new_handler __cxa_new_handler;
}
std::new_handler std::set_new_handler(std::new_handler handler) noexcept {
  const std::new_handler before = __cxa_new_handler;
  __cxa_new_handler = handler;
  return before;
}
#endif

EXPORT(without_handler) int without_handler() {
  std::set_new_handler(nullptr);
  CHECK(!::operator new(too_much, std::nothrow));
  CHECK(!::operator new[](too_much, std::nothrow));
  CHECK(!::operator new(too_much, line, std::nothrow));
  CHECK(!::operator new[](too_much, line, std::nothrow));
  return 0;
}

EXPORT(gives_up) int gives_up() {
  calls = 0;
  std::set_new_handler(make_room);
  CHECK(!::operator new(too_much, std::nothrow) && calls == 3);
  calls = 0;
  std::set_new_handler(make_room);
  CHECK(!::operator new[](too_much, line, std::nothrow) && calls == 3);
  return 0;
}

// Memory is at its end but for what the handler frees: each kind of new gets it.
EXPORT(finds_room) int finds_room(int kind) {
  constexpr size_t much = 2 << 20;
  // More than is asked for: a shared heap does not keep all of a long block together.
  reserve = malloc(5 << 20);
  CHECK(reserve && !malloc(much));
  std::set_new_handler(make_room);
  void* const p = kind == 0   ? ::operator new(much)
                  : kind == 1 ? ::operator new[](much)
                  : kind == 2 ? ::operator new(much, line)
                              : ::operator new[](much, std::nothrow);
  CHECK(p && calls == 1);
  return 0;
}

EXPORT(traps) void traps() { ::operator delete(::operator new(too_much)); }
EXPORT(traps_aligned) void traps_aligned() { ::operator delete[](::operator new[](too_much, line), line); }
#endif
