// Purpose: a linear memory over bytes that the caller owns (a test, a saved image, an engine's
//          memory that cannot grow from outside).
// Floor:   memory.
#pragma once

#include <allot/base/bits.hpp>
#include <allot/memory/concept.hpp>

namespace allot {

/// Grows within the buffer, from `initial` up to `capacity` bytes; both are rounded down to pages. Of an `initial`
/// beyond `capacity` there are only `capacity` bytes: nothing behind the buffer is ever touched.
/// The buffer must be zero beyond `initial`, as a grown page is zero by contract.
class BufferMemory {
 public:
  static constexpr bool base_is_fixed = true;
  BufferMemory(u8* data, u64 initial, u64 capacity)
      : data_(data),
        bytes_(round_down(initial < capacity ? initial : capacity, page_bytes)),
        capacity_(round_down(capacity, page_bytes)) {}
  u8* base() { return data_; }
  u64 bytes() { return bytes_; }
  bool grow(u64 pages) {
    if (pages > (capacity_ - bytes_) >> page_shift) return false;
    bytes_ += pages << page_shift;
    return true;
  }

 private:
  u8* data_;
  u64 bytes_;
  u64 capacity_;
};

static_assert(LinearMemory<BufferMemory>);

}  // namespace allot
