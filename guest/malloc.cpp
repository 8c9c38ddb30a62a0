// Purpose: malloc and its family, over the guest's heap. Links instead of the C library's.
// Floor:   door guest.
// Source:  ISO C23 7.24.3 (free_sized too), POSIX.1-2024 (posix_memalign, reallocarray), glibc (memalign,
//          malloc_usable_size).
#include "setup.hpp"

namespace {

using namespace allot;
using guest::heap;

void* or_errno(void* block) {
  if (!block) [[unlikely]]
    guest::set_errno(guest::no_memory);
  return block;
}

#ifdef ALLOT_GUEST_THREADS
bool is_held(Granule g) { return heap().failed(g) && heap().error_of(g) == Error::lock_held; }

template <class Call>
Granule tried(Call call) {
  Granule g;
  u32 left = guest::patience;
  do g = call();
  while (is_held(g) && --left != 0);
  return g;
}
template <class Call>
[[gnu::noinline]] Granule tried_again(Call call) {
  return tried(call);
}
#endif

/// What is done again while another thread holds the heap's lock.
template <class Call>
Granule patiently(Call call) {
#ifdef ALLOT_GUEST_THREADS
  if (small_code) return tried(call);
  if (const Granule g = call(); !is_held(g)) [[likely]]
    return g;
  return tried_again(call);
#else
  return call();
#endif
}

/// Whether a product has more bits than a size.
bool overflows(size_t count, size_t size) {
  if constexpr (sizeof(size_t) == 4) return uint64_t{count} * size >> 32 != 0;
  // The limit first: a product of two halves cannot overflow, and spares the division. The compiler may not see that it is
  // one: it would multiply to 128 bits, by a function of its runtime that a guest does not have.
  return ((count | size) >> (sizeof(size_t) * 4)) != 0 && size != 0 && count > opaque(~size_t{0}) / size;
}

void* aligned(size_t alignment, size_t size) {
  return guest::is_ready()
             ? guest::block(patiently([=] { return heap().allocate_aligned_raw(alignment, size); }))
             : nullptr;
}

/// malloc for any size, also before there is a heap.
[[gnu::noinline]] void* allocate_any(size_t size) {
  return or_errno(guest::is_ready() ? guest::block(patiently([=] { return heap().allocate_sized(size); }))
                                    : nullptr);
}

/// malloc for a long block of a size that none freed lately has.
[[gnu::noinline]] void* allocate_long(u32 size) {
  return or_errno(guest::block(patiently([=] { return heap().allocate_long_otherwise(size); })));
}

/// allocate_any with fast paths for all but tiny blocks, and the straight way for a tiny one that the fast path did not find.
[[gnu::noinline]] void* allocate(size_t size) {
  if (small_code || guest::tiny_bytes == 0) return allocate_any(size);
  return heap().allocate_by_length(size, guest::pointer, allocate_long, [](size_t other) {
    if (other - 1 >= guest::Heap::tiny_bytes) return allocate_any(other);
    return or_errno(
        guest::block(patiently([=] { return heap().allocate_tiny_otherwise(static_cast<u32>(other)); })));
  });
}

/// Whether free refuses by itself what lies below the heap. Where free_rest does, free calls one function only, and takes a
/// tenth fewer instructions; but the library is longer, and with threads it gains nothing.
#ifdef ALLOT_GUEST_THREADS
constexpr bool refuses_itself = true;
#else
constexpr bool refuses_itself = small_code;
#endif

/// free for all but short blocks.
[[gnu::noinline]] Error free_rest(void* p, NativeAddress start) {
  if (!refuses_itself && guest::is_below(p)) [[unlikely]] {
    guest::refuse_below(p);
    return Error::none;
  }
#ifdef ALLOT_GUEST_THREADS
  // No block of this thread's. To free another's it need be no agent, and it does not become one for that if it has not
  // allocated yet, has left, or finds no room.
  if (start == 0 && guest::tiny_bytes == 0) {
    if (heap().free_elsewhere(guest::address(p)) || !guest::is_ready()) return Error::none;
  }
#endif
  if (const Error error = heap().deallocate_rest(guest::address(p), start); error != Error::none) [[unlikely]]
    guest::refuse(error, p);
  return Error::none;
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
  // One comparison for three things: a size of 0, a long one, and a heap that is not laid out yet.
  if (size - 1 < guest::tiny_bytes) [[likely]] {
    Granule g = 0;
    if (heap().allocate_tiny_again(static_cast<u32>(size), g)) [[likely]]
      return guest::pointer(g);
  }
  return allocate(size);
}

void free(void* p) {
  // One comparison for null and for what was never allocated: nothing is looked up for that. Before the first malloc
  // there may not even be memory for the header.
  if (guest::is_below(p)) [[unlikely]] {
    if (refuses_itself) return guest::refuse_below(p);
    (void)free_rest(p, 0);
    return;
  }
  (void)heap().deallocate_or(guest::address(p), [p](NativeAddress start) { return free_rest(p, start); });
}

// What the caller says of a block is checked where it can be: a block knows how long it is at most, not what was asked for.
void free_aligned_sized(void* p, size_t alignment, size_t size) {
  if (!guest::is_below(p)) {
    const Granule g = heap().live_block_raw(guest::address(p));
    if (!heap().failed(g)) {
      if (!is_power_of_two(alignment) || (guest::address(p) & (alignment - 1)) != 0)
        return guest::refuse(Error::invalid_alignment, p);
      if (heap().usable_raw(g) < size) return guest::refuse(Error::invalid_span, p);
    }
  }
  free(p);
}
void free_sized(void* p, size_t size) { free_aligned_sized(p, 1, size); }

#ifdef __clang__
__attribute__((no_builtin("calloc")))  // of malloc and memset
#endif
void* calloc(size_t count, size_t size) {
  if (overflows(count, size)) return or_errno(nullptr);
#ifdef ALLOT_GUEST_THREADS
  // A thread that ends while it writes zeros is still allocating.
  if (!guest::is_ready()) return or_errno(nullptr);
  return or_errno(guest::block(patiently([=] { return heap().allocate_zeros(count * size); })));
#else
  void* const block = malloc(count * size);
  if (block && small_code)
    __builtin_memset(block, 0, count * size);
  else if (block)
    guest::Memory().zero_granules(guest::address(block), round_up(u64{count * size}, granule_bytes));
  return block;
#endif
}

// A size of 0 gives a block of one granule, as malloc(0) does: C23 leaves it undefined, and programs rely
// on either meaning; never freeing is the one that cannot make a pointer dangle.
void* realloc(void* p, size_t size) {
  if (guest::is_below(p)) {
    guest::refuse_below(p);
    return p ? nullptr : malloc(size);
  }
#ifdef ALLOT_GUEST_THREADS
  if (!guest::is_ready()) return or_errno(nullptr);
#endif
  const Granule g = patiently([=] { return heap().reallocate_raw(guest::address(p), size); });
  if (heap().failed(g)) [[unlikely]] {
    const Error error = heap().error_of(g);
    const bool no_room =
        error == Error::out_of_memory || error == Error::quota_exceeded || error == Error::size_too_large;
#ifdef ALLOT_GUEST_THREADS
    if (no_room || error == Error::lock_held) return or_errno(nullptr);
#else
    if (no_room) return or_errno(nullptr);
#endif
    guest::refuse(error, p);
  }
  return guest::block(g);
}

void* reallocarray(void* p, size_t count, size_t size) {
  if (overflows(count, size)) return or_errno(nullptr);
  return realloc(p, count * size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  if (guest::has_errno && !is_power_of_two(alignment)) {
    guest::set_errno(guest::invalid_argument);
    return nullptr;
  }
  return or_errno(aligned(alignment, size));
}

void* memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void** out, size_t alignment, size_t size) {
  if (!is_power_of_two(alignment) || alignment < sizeof(void*)) return guest::invalid_argument;
  void* const block = aligned(alignment, size);
  if (!block) return guest::no_memory;
  *out = block;
  return 0;
}

size_t malloc_usable_size(void* p) {
  if (guest::is_below(p)) {
    guest::refuse_below(p);
    return 0;
  }
  const Granule g = heap().live_block_raw(guest::address(p));
  if (!heap().failed(g)) return static_cast<size_t>(heap().usable_raw(g));
  guest::refuse(heap().error_of(g), p);
  return 0;
}

#ifndef ALLOT_FREESTANDING
// The C library's own calls; without them its malloc is linked beside ours.
void* __libc_malloc(size_t) __attribute__((alias("malloc")));
void __libc_free(void*) __attribute__((alias("free")));
void* __libc_calloc(size_t, size_t) __attribute__((alias("calloc")));
#endif

#ifdef ALLOT_EMSCRIPTEN
// What Emscripten's runtime calls, for a thread's stack and its thread-local storage among others.
void* emscripten_builtin_malloc(size_t) __attribute__((alias("malloc")));
void emscripten_builtin_free(void*) __attribute__((alias("free")));
void* emscripten_builtin_calloc(size_t, size_t) __attribute__((alias("calloc")));
void* emscripten_builtin_realloc(void*, size_t) __attribute__((alias("realloc")));
void* emscripten_builtin_memalign(size_t, size_t) __attribute__((alias("memalign")));
#endif

}  // extern "C"
