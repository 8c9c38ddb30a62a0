// Purpose: the memory that a snapshot is laid out in, to be looked at and nothing else.
// Floor:   cli.
// Why:     the records of a heap refer to each other by 32-bit offsets, and a snapshot may come from anybody. The
//          core checks them; behind the memory there are zeros for as far as such an offset reaches all the
//          same, so that no mistake in a check can become a crash.
#pragma once

#include <sys/mman.h>
#include <allot/memory/concept.hpp>

namespace allot::cli {

class RoomyMemory {
 public:
  static constexpr bool base_is_fixed = true;

  /// `valid()` is false when the system has not the address space.
  explicit RoomyMemory(u64 bytes) : bytes_(bytes) {
    void* const at = mmap(nullptr, bytes + reach, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at != MAP_FAILED) base_ = static_cast<u8*>(at);
  }
  ~RoomyMemory() {
    if (base_) munmap(base_, bytes_ + reach);
  }
  RoomyMemory(const RoomyMemory&) = delete;
  RoomyMemory& operator=(const RoomyMemory&) = delete;

  bool valid() const { return base_ != nullptr; }
  u8* base() { return base_; }
  u64 bytes() { return bytes_; }
  /// Nothing that looks makes it grow.
  bool grow(u64 pages) { return pages == 0; }

 private:
  /// 2^32, and the longest record.
  static constexpr u64 reach = (u64{1} << 32) + page_bytes;
  u8* base_ = nullptr;
  u64 bytes_;
};

static_assert(LinearMemory<RoomyMemory>);

}  // namespace allot::cli
