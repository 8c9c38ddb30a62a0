// Linear memories that behave badly on purpose. Each is an `allot::LinearMemory`: base(), bytes(),
// grow(pages).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

namespace allot_test {

inline constexpr std::uint64_t page_bytes = 65536;

// A memory whose base moves at every growth, as a host's copy of a wasm memory may. The old bytes
// are given back at once, so AddressSanitizer stops the program at the first use of a stale
// pointer; and since the new block is exactly as long as the memory, also at the first access past
// its end.
class MovingMemory {
 public:
  explicit MovingMemory(std::uint64_t initial_pages, std::uint64_t maximum_pages)
      : bytes_(initial_pages * page_bytes),
        maximum_(maximum_pages * page_bytes),
        data_(new std::uint8_t[bytes_]()) {}

  [[nodiscard]] std::uint8_t* base() const { return data_.get(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  bool grow(std::uint64_t pages) {
    if (pages > (maximum_ - bytes_) / page_bytes) return false;
    const std::uint64_t more = bytes_ + pages * page_bytes;
    // The old array lives until the new one is there, so the base really changes, even for 0 pages.
    std::unique_ptr<std::uint8_t[]> moved(new std::uint8_t[more]());
    std::memcpy(moved.get(), data_.get(), bytes_);
    data_ = std::move(moved);
    bytes_ = more;
    return true;
  }

  // Keeps the first pages only, as a host does that moves a guest to a smaller memory.
  void shrink_to(std::uint64_t pages) {
    std::unique_ptr<std::uint8_t[]> moved(new std::uint8_t[pages * page_bytes]);
    std::memcpy(moved.get(), data_.get(), pages * page_bytes);
    data_ = std::move(moved);
    bytes_ = pages * page_bytes;
  }

 private:
  std::uint64_t bytes_;
  std::uint64_t maximum_;
  std::unique_ptr<std::uint8_t[]> data_;
};

// A memory that refuses its n-th growth (counted from 1) and grants all others; 0 refuses none.
class RefusingMemory {
 public:
  RefusingMemory(std::uint64_t initial_pages, std::uint64_t maximum_pages, std::uint64_t refused)
      : memory_(initial_pages, maximum_pages), refused_(refused) {}

  [[nodiscard]] std::uint8_t* base() const { return memory_.base(); }
  [[nodiscard]] std::uint64_t bytes() const { return memory_.bytes(); }
  [[nodiscard]] std::uint64_t asked() const { return asked_; }
  [[nodiscard]] bool has_refused() const { return refused_ != 0 && asked_ >= refused_; }

  bool grow(std::uint64_t pages) {
    ++asked_;
    return asked_ != refused_ && memory_.grow(pages);
  }

 private:
  MovingMemory memory_;
  std::uint64_t refused_;
  std::uint64_t asked_ = 0;
};

// A memory that somebody else grows too, between two operations of the heap: the other owner takes
// one page at the end and fills it with its own bytes. The heap must leave such
// pages alone for good.
class ContestedMemory {
 public:
  static constexpr std::uint8_t their_byte = 0x5a;

  ContestedMemory(std::uint64_t initial_pages, std::uint64_t maximum_pages)
      : memory_(initial_pages, maximum_pages) {}

  [[nodiscard]] std::uint8_t* base() const { return memory_.base(); }
  [[nodiscard]] std::uint64_t bytes() const { return memory_.bytes(); }
  bool grow(std::uint64_t pages) { return memory_.grow(pages); }

  // The other owner takes one page at the end. Returns its address, or 0 when there is none left.
  std::uint64_t grow_for_somebody_else() {
    const std::uint64_t page = memory_.bytes();
    if (!memory_.grow(1)) return 0;
    std::memset(memory_.base() + page, their_byte, page_bytes);
    return page;
  }

  [[nodiscard]] bool is_untouched(std::uint64_t page) const {
    for (std::uint64_t offset = 0; offset < page_bytes; ++offset) {
      if (memory_.base()[page + offset] != their_byte) return false;
    }
    return true;
  }

 private:
  MovingMemory memory_;
};

}  // namespace allot_test
