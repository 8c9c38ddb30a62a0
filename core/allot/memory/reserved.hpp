// Purpose: a linear memory of the operating system's: address space is reserved once, pages are made
//          accessible as it grows, so that its base never moves.
// Floor:   memory. Native (POSIX) only; the one header of the core that includes the system's.
#pragma once

#include <sys/mman.h>
#include <unistd.h>
#include <allot/base/bits.hpp>
#include <allot/memory/concept.hpp>

namespace allot {

/// Owns its memory and returns it to the system when destroyed. Bytes past `bytes()` fault.
class ReservedMemory {
 public:
  static constexpr bool base_is_fixed = true;

  /// Reserves `maximum` and makes `initial` bytes accessible, both rounded up to pages.
  /// `valid()` is false when the system refused, and when `initial` is more than `maximum`: it has no bytes then, and
  /// cannot grow.
  ReservedMemory(u64 initial, u64 maximum) {
    // Looked at before it is rounded: beyond it 0 would come out.
    constexpr u64 most = detail::most_bytes_of_pages();
    if (initial > most || maximum > most) return;
    const u64 want = round_up(maximum, page_bytes);
    void* at = mmap(nullptr, want, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return;
    base_ = static_cast<u8*>(at);
    reserved_ = want;
    if (!grow(round_up(initial, page_bytes) >> page_shift)) {
      munmap(base_, reserved_);
      base_ = nullptr;
      reserved_ = 0;
    }
  }
  ~ReservedMemory() {
    if (base_) munmap(base_, reserved_);
  }
  /// The memory stays where it is and is the new object's; the old one is not valid any more, and has no bytes. A heap
  /// keeps a pointer to its memory: move it before there is one, or into the heap.
  ReservedMemory(ReservedMemory&& other) noexcept
      : base_(other.base_), bytes_(other.bytes_), reserved_(other.reserved_) {
    other.base_ = nullptr;
    other.bytes_ = 0;
    other.reserved_ = 0;
  }
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  bool valid() const { return base_ != nullptr; }
  u64 maximum() const { return reserved_; }
  u8* base() { return base_; }
  u64 bytes() { return bytes_; }
  bool grow(u64 pages) {
    if (pages > (reserved_ - bytes_) >> page_shift) return false;
    const u64 more = pages << page_shift;
    if (more && mprotect(base_ + bytes_, more, PROT_READ | PROT_WRITE) != 0) return false;
    bytes_ += more;
    return true;
  }
  /// Gives the system's pages that lie wholly in [at, at + n) back to it; they stay accessible and read as
  /// zeros. False, with nothing changed, when the range is not in the memory.
  bool discard(u64 at, u64 n) {
    if (n > bytes_ || at > bytes_ - n) return false;
    const u64 unit = static_cast<u64>(sysconf(_SC_PAGESIZE));
    const u64 begin = (at + unit - 1) / unit * unit;
    const u64 end = (at + n) / unit * unit;
    return begin >= end || madvise(base_ + begin, end - begin, MADV_DONTNEED) == 0;
  }

 private:
  u8* base_ = nullptr;
  u64 bytes_ = 0;
  u64 reserved_ = 0;
};

static_assert(LinearMemory<ReservedMemory>);

}  // namespace allot
