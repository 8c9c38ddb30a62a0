// Purpose: what the core asks of a linear memory: this page is the whole platform contract.
// Floor:   memory.
//
// A memory counts in bytes and grows in pages. The core touches a managed memory in three ways only:
// its own records when they lie in it (base), zeroing a block and moving a block (Handle::zero, copy).
#pragma once

#include <allot/base/types.hpp>

namespace allot {

namespace detail {
template <class A, class B>
inline constexpr bool same_as = false;
template <class A>
inline constexpr bool same_as<A, A> = true;
template <class A, class B>
concept SameAs = same_as<A, B>;
}  // namespace detail

/// A memory that this program can reach through a pointer.
///   base()       where its byte 0 lies now; may change when it grows
///   bytes()      bytes it has now; never shrinks while a heap is in it
///   grow(pages)  true: it has that many pages more, all zero; false: nothing changed
template <class M>
concept LinearMemory = requires(M m, u64 pages) {
  { m.base() } -> detail::SameAs<u8*>;
  { m.bytes() } -> detail::SameAs<u64>;
  { m.grow(pages) } -> detail::SameAs<bool>;
};

namespace detail {
/// The most bytes that rounded up to pages, with `beside` more of them, are still a length here.
constexpr u64 most_bytes_of_pages(u64 beside = 0) {
  return u64{static_cast<size_t>(~u64{0} << page_shift)} - beside;
}
}  // namespace detail

/// A memory that a heap can manage without reaching it through a pointer; what the core holds.
/// It is a cheap handle, copied by value; the memory it stands for outlives the heap.
///   stateless          whether every object of the type stands for the same memory
///   zero(at, n)        writes n zero bytes from an address
///   copy(to, from, n)  copies n bytes; the two places may overlap
template <class M>
concept ManagedMemory = requires(M m, u64 n) {
  { bool{M::stateless} };
  { m.bytes() } -> detail::SameAs<u64>;
  { m.grow(n) } -> detail::SameAs<bool>;
  m.zero(n, n);
  m.copy(n, n, n);
};

/// The handle of a LinearMemory that somebody else owns.
template <LinearMemory M>
class Borrowed {
 public:
  static constexpr bool stateless = false;
  Borrowed() = default;
  explicit Borrowed(M& memory) : memory_(&memory) {}
  u8* base() const { return memory_->base(); }
  u64 bytes() const { return memory_->bytes(); }
  bool grow(u64 pages) const { return memory_->grow(pages); }
  /// The bytes that it had before, or ~0: for a memory that several agents grow.
  u64 grow_from(u64 pages) const
    requires requires(M m) { m.grow_from(pages); }
  {
    return memory_->grow_from(pages);
  }
  void zero(u64 at, u64 n) const {
    // A memory may have a way of its own.
    if constexpr (requires { memory_->zero(at, n); })
      memory_->zero(at, n);
    else
      __builtin_memset(base() + at, 0, static_cast<size_t>(n));
  }
  void copy(u64 to, u64 from, u64 n) const {
    __builtin_memmove(base() + to, base() + from, static_cast<size_t>(n));
  }

 private:
  M* memory_ = nullptr;
};

}  // namespace allot
