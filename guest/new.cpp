// Purpose: operator new and delete for programs without libc++abi, which has its own.
// Floor:   door guest.
// Source:  ISO C++23 [new.delete], [new.handler].
//
// All are weak, as a program may replace any of them, and each calls which the standard says that it calls: who replaces
// the plain ones replaces all. Where the standard throws bad_alloc these trap: only libc++abi can throw, and a program
// with exceptions takes its operators (README.md says how).
#include <stddef.h>

namespace std {
struct nothrow_t {
  explicit nothrow_t() = default;
};
// The standard library's where there is one; a guest without one can say new (std::nothrow) too.
extern const nothrow_t nothrow;
__attribute__((weak)) const nothrow_t nothrow;
enum class align_val_t : size_t {};
}  // namespace std

extern "C" {
void* malloc(size_t);
void free(void*);
void* aligned_alloc(size_t, size_t);

// What libc++abi's std::set_new_handler sets. Not asked for by std::get_new_handler, which lies in another file of that
// archive: a weak name does not bring it into the program.
extern void (*__cxa_new_handler)() __attribute__((weak));
}

#define ALLOT_WEAK __attribute__((weak))
#define ALLOT_OWN __attribute__((visibility("hidden")))

namespace {

/// Calls the new handler, which may make room. Returns whether there is one.
bool room_was_made() {
  if (!&__cxa_new_handler) return false;
  void (*const handler)() = __atomic_load_n(&__cxa_new_handler, __ATOMIC_ACQUIRE);
  if (!handler) return false;
  handler();
  return true;
}

/// Null when there is no room, and no handler to make some.
void* allocate(size_t size) {
  void* block;
  while (!(block = malloc(size)) && room_was_made()) {
  }
  return block;
}
void* allocate(size_t size, std::align_val_t alignment) {
  const size_t to = static_cast<size_t>(alignment);
  if (to == 0 || (to & (to - 1)) != 0) return nullptr;  // which no room can mend
  void* block;
  while (!(block = aligned_alloc(to, size)) && room_was_made()) {
  }
  return block;
}

void* or_trap(void* block) {
  if (!block) [[unlikely]]
    __builtin_trap();
  return block;
}

}  // namespace

// Under names of their own, by which they are known when nobody has replaced them.
extern "C" {
// malloc first by itself, so that the loop is no part of what is done each time.
ALLOT_OWN void* allot_new(size_t size) {
  void* const block = malloc(size);
  return block ? block : or_trap(allocate(size));
}
ALLOT_OWN void* allot_new_aligned(size_t size, std::align_val_t a) { return or_trap(allocate(size, a)); }
ALLOT_OWN void* allot_new_array(size_t size) { return ::operator new(size); }
ALLOT_OWN void* allot_new_array_aligned(size_t size, std::align_val_t a) { return ::operator new(size, a); }
}

void* operator new(size_t) __attribute__((weak, alias("allot_new")));
void* operator new(size_t, std::align_val_t) __attribute__((weak, alias("allot_new_aligned")));
void* operator new[](size_t) __attribute__((weak, alias("allot_new_array")));
void* operator new[](size_t, std::align_val_t) __attribute__((weak, alias("allot_new_array_aligned")));

// Those that do not throw call those that do, and catch. Ours would trap: it is only called where it is not ours.
namespace {
using Plain = void* (*)(size_t);
using Aligned = void* (*)(size_t, std::align_val_t);
}  // namespace

ALLOT_WEAK void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return Plain{&::operator new } == allot_new ? allocate(size) : ::operator new(size);
}
ALLOT_WEAK void* operator new[](size_t size, const std::nothrow_t& quiet) noexcept {
  return Plain{&::operator new[] } == allot_new_array ? ::operator new(size, quiet) : ::operator new[](size);
}
ALLOT_WEAK void* operator new(size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return Aligned{&::operator new } == allot_new_aligned ? allocate(size, a) : ::operator new(size, a);
}
ALLOT_WEAK void* operator new[](size_t size, std::align_val_t a, const std::nothrow_t& quiet) noexcept {
  const bool ours = Aligned{&::operator new[] } == allot_new_array_aligned;
  return ours ? ::operator new(size, a, quiet) : ::operator new[](size, a);
}

ALLOT_WEAK void operator delete(void* p) noexcept { free(p); }
ALLOT_WEAK void operator delete[](void* p) noexcept { ::operator delete(p); }
ALLOT_WEAK void operator delete(void* p, size_t) noexcept { ::operator delete(p); }
ALLOT_WEAK void operator delete[](void* p, size_t) noexcept { ::operator delete[](p); }
ALLOT_WEAK void operator delete(void* p, const std::nothrow_t&) noexcept { ::operator delete(p); }
ALLOT_WEAK void operator delete[](void* p, const std::nothrow_t&) noexcept { ::operator delete[](p); }

ALLOT_WEAK void operator delete(void* p, std::align_val_t) noexcept { free(p); }
ALLOT_WEAK void operator delete[](void* p, std::align_val_t a) noexcept { ::operator delete(p, a); }
ALLOT_WEAK void operator delete(void* p, size_t, std::align_val_t a) noexcept { ::operator delete(p, a); }
ALLOT_WEAK void operator delete[](void* p, size_t, std::align_val_t a) noexcept { ::operator delete[](p, a); }
ALLOT_WEAK void operator delete(void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
  ::operator delete(p, a);
}
ALLOT_WEAK void operator delete[](void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
  ::operator delete[](p, a);
}
