// Purpose: operator new and delete, plain, nothrow, sized and aligned.
// Floor:   door guest.
// Source:  ISO C++20 [new.delete]. There are no exceptions in wasm code of clang 19: what would throw
//          bad_alloc traps. The new handler is not called; a guest that wants to go on uses nothrow.
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
}

namespace {
void* or_trap(void* block) {
  if (!block) __builtin_trap();
  return block;
}
void* aligned(size_t size, std::align_val_t alignment) {
  return aligned_alloc(static_cast<size_t>(alignment), size);
}
}  // namespace

void* operator new(size_t size) { return or_trap(malloc(size)); }
void* operator new[](size_t size) { return or_trap(malloc(size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new(size_t size, std::align_val_t a) { return or_trap(aligned(size, a)); }
void* operator new[](size_t size, std::align_val_t a) { return or_trap(aligned(size, a)); }
void* operator new(size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return aligned(size, a);
}
void* operator new[](size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return aligned(size, a);
}

void operator delete(void* p) noexcept { free(p); }
void operator delete[](void* p) noexcept { free(p); }
void operator delete(void* p, size_t) noexcept { free(p); }
void operator delete[](void* p, size_t) noexcept { free(p); }
void operator delete(void* p, std::align_val_t) noexcept { free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { free(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { free(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { free(p); }
