// The simplest heap that is right: a sorted list of free ranges and a sorted list of live blocks, best
// fit, lowest address on ties, merged at once, searched from end to end. Slow and obvious. Two uses:
//
//   - the model (model.hpp) is tried on it, and on copies of it with one `Fault` each, which the model
//     must notice: a test that cannot fail shows nothing;
//   - the core's policy `exact` must choose the same addresses (exact_policy_test.cpp).
//
// It keeps its records in standard containers, so it has no image to attach to.
#pragma once

#include <allot/heap/heaps.hpp>

#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

namespace allot_test {

enum class Fault {
  none,
  overlaps_blocks,           // a block is handed out shorter than it is said to be
  ignores_alignment,         // aligned requests are treated like any other
  forgets_to_zero,           // zeroed requests are treated like any other
  forgets_contents,          // a reallocation that moves copies one byte too few
  writes_into_neighbour,     // a reallocation scribbles over the block after it
  counts_bytes_wrongly,      // a shrunk block's bytes stay counted as live
  misses_peak,               // the peak is taken from one block, not from all
  accepts_double_free,       // the second free of a block succeeds
  accepts_interior_free,     // a free inside a block frees the block
  names_wrong_error,         // a wild address is called foreign
  ignores_quota,             // the quota is kept but not looked at
  loses_memory_when_refused, // a request that does not fit takes memory with it
  copies_forwards,           // a relocation copies from the front, over what it has yet to read
  hides_block_from_walk,     // the last live block is not found by a walk
};

template <class Memory, class Address = std::uint32_t, Fault fault = Fault::none>
class NaiveHeap {
 public:
  using Ranges = std::map<std::uint64_t, std::uint64_t>;  // begin → bytes

  static allot::Result<NaiveHeap> create(Memory& memory, const allot::Options& options) {
    NaiveHeap heap;
    heap.memory_ = &memory;
    heap.begin_ = rounded(options.begin);
    heap.top_ = heap.begin_;
    heap.limit_ = options.end != 0 ? options.end : address_limit();
    heap.maximum_ = options.maximum != 0 ? options.maximum : address_limit();
    heap.quota_ = options.quota != 0 ? options.quota : none;
    return heap;
  }

  // A heap that manages exactly these free ranges and never grows.
  explicit NaiveHeap(Memory& memory) : memory_(&memory) {}
  void add_free(std::uint64_t begin, std::uint64_t bytes) { release(begin, bytes); }
  void remove_free(std::uint64_t begin, std::uint64_t bytes) { take(begin, bytes); }

  allot::Result<Address> allocate(std::uint64_t size) { return allocate_aligned(granule, size); }

  allot::Result<Address> allocate_zeroed(std::uint64_t count, std::uint64_t size) {
    if (size != 0 && count > largest_size() / size) return allot::Error::size_too_large;
    const auto block = allocate(count * size);
    if (block && fault != Fault::forgets_to_zero) {
      std::memset(memory_->base() + block.value(), 0, count * size);
    }
    return block;
  }

  allot::Result<Address> allocate_aligned(std::uint64_t alignment, std::uint64_t size) {
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment >= address_limit()) {
      return allot::Error::invalid_alignment;
    }
    if (size > largest_size()) return allot::Error::size_too_large;
    if (fault == Fault::ignores_alignment) alignment = granule;
    const std::uint64_t bytes = block_bytes(size);
    if (fault != Fault::ignores_quota && (live_bytes_ > quota_ || bytes > quota_ - live_bytes_)) {
      return allot::Error::quota_exceeded;
    }
    std::uint64_t address = find(alignment, bytes);
    if (address == none) {
      if (!extend(alignment, bytes)) {
        if (fault == Fault::loses_memory_when_refused) managed_ -= granule;
        return allot::Error::out_of_memory;
      }
      address = find(alignment, bytes);
    }
    const bool is_long = bytes > 4 * granule;
    take(address, fault == Fault::overlaps_blocks && is_long ? bytes - granule : bytes);
    live_.emplace(address, bytes);
    count(bytes);
    return static_cast<Address>(address);
  }

  allot::Result<Address> reallocate(Address address, std::uint64_t size) {
    if (const allot::Error error = misuse(address); error != allot::Error::none) return error;
    if (size > largest_size()) return allot::Error::size_too_large;
    const std::uint64_t old_bytes = live_.at(address);
    const std::uint64_t bytes = block_bytes(size);
    if (bytes <= old_bytes) {
      live_[address] = bytes;
      release(address + bytes, old_bytes - bytes);
      if (fault != Fault::counts_bytes_wrongly) live_bytes_ -= old_bytes - bytes;
      return address;
    }
    if (live_bytes_ - old_bytes > quota_ || bytes > quota_ - (live_bytes_ - old_bytes)) {
      return allot::Error::quota_exceeded;
    }
    if (fault == Fault::writes_into_neighbour) memory_->base()[address + old_bytes] ^= 1;
    const auto after = free_.find(address + old_bytes);
    if (after != free_.end() && after->second >= bytes - old_bytes) {
      take(after->first, bytes - old_bytes);
      live_[address] = bytes;
      count(bytes - old_bytes);
      return address;
    }
    // For a moment both blocks are there; the quota holds for what is left in the end.
    const std::uint64_t quota = std::exchange(quota_, std::numeric_limits<std::uint64_t>::max());
    const std::uint64_t peak = peak_;
    const auto moved = allocate(size);
    quota_ = quota;
    if (!moved) return moved;
    const std::uint64_t copied = old_bytes - (fault == Fault::forgets_contents ? 1 : 0);
    std::memmove(memory_->base() + moved.value(), memory_->base() + address,
                 copied);  // the overlapping fault
    drop(address);
    peak_ = peak > live_bytes_ ? peak : live_bytes_;
    return moved;
  }

  allot::Error relocate(Address from, Address to) {
    if (const allot::Error error = misuse(from); error != allot::Error::none) return error;
    const std::uint64_t bytes = live_.at(from);
    if (to % granule != 0 || to < begin_ || to >= top_ || bytes > top_ - to)
      return allot::Error::invalid_span;
    release(from, bytes);
    const auto after = free_.upper_bound(to);
    const auto range = after == free_.begin() ? free_.end() : std::prev(after);
    if (range == free_.end() || range->first + range->second < to + bytes) {
      take(from, bytes);
      return allot::Error::span_in_use;
    }
    take(to, bytes);
    live_.erase(from);
    live_.emplace(to, bytes);
    std::uint8_t* const base = memory_->base();
    if (fault == Fault::copies_forwards) {
      for (std::uint64_t i = 0; i < bytes; ++i) base[to + i] = base[from + i];
    } else {
      std::memmove(base + to, base + from, bytes);
    }
    return allot::Error::none;
  }

  allot::Error deallocate(Address address) {
    if (const allot::Error error = misuse(address); error != allot::Error::none) {
      if (fault == Fault::accepts_double_free && error == allot::Error::double_free) {
        return allot::Error::none;
      }
      if (fault == Fault::accepts_interior_free && error == allot::Error::interior_address) {
        drop(std::prev(live_.upper_bound(address))->first);
        return allot::Error::none;
      }
      return error;
    }
    drop(address);
    return allot::Error::none;
  }

  [[nodiscard]] allot::Result<std::uint64_t> usable_size(Address address) const {
    if (const allot::Error error = misuse(address); error != allot::Error::none) return error;
    return live_.at(address);
  }
  [[nodiscard]] allot::Result<std::uint64_t> requested_size(Address) const {
    return allot::Error::not_recorded;
  }

  allot::Error reserve(std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return allot::Error::invalid_span;
    begin = begin / granule * granule;
    end = rounded(end) > begin + 3 * granule ? rounded(end) : begin + 3 * granule;
    if (begin < begin_ || end > top_) return allot::Error::invalid_span;
    const auto after = free_.upper_bound(begin);
    if (after == free_.begin()) return allot::Error::span_in_use;
    const auto range = std::prev(after);
    if (range->first + range->second < end) return allot::Error::span_in_use;
    take(begin, end - begin);
    managed_ -= end - begin;
    spans_.emplace(begin, end - begin);
    return allot::Error::none;
  }

  allot::Error unreserve(std::uint64_t begin) {
    const auto span = spans_.find(begin / granule * granule);
    if (span == spans_.end()) return allot::Error::invalid_span;
    release(span->first, span->second);
    managed_ += span->second;
    spans_.erase(span);
    return allot::Error::none;
  }

  allot::Error set_quota(std::uint64_t bytes) {
    quota_ = bytes != 0 ? bytes : none;
    return allot::Error::none;
  }
  allot::Error set_maximum(std::uint64_t bytes) {
    maximum_ = bytes != 0 ? bytes : address_limit();
    return allot::Error::none;
  }
  void merge() {}
  allot::Error grow(std::uint64_t pages) {
    const std::uint64_t end = memory_->bytes() + pages * page;
    const std::uint64_t limit = limit_ < maximum_ ? limit_ : maximum_;
    if (pages != 0 && (end > limit || !memory_->grow(pages))) return allot::Error::out_of_memory;
    return allot::Error::none;
  }
  [[nodiscard]] allot::Violation validate() const { return {}; }

  [[nodiscard]] allot::Block block_at(std::uint64_t address) const {
    const auto as = [address](const Ranges& ranges, allot::BlockKind kind) {
      const auto found = ranges.find(address);
      return allot::Block{address, found == ranges.end() ? 0 : found->second, kind};
    };
    if (fault == Fault::hides_block_from_walk && !live_.empty() && address == std::prev(live_.end())->first) {
      return as(live_, allot::BlockKind::free);
    }
    if (live_.contains(address)) return as(live_, allot::BlockKind::live);
    if (free_.contains(address)) return as(free_, allot::BlockKind::free);
    if (spans_.contains(address)) return as(spans_, allot::BlockKind::reserved);
    return {address, 0, allot::BlockKind::none};
  }

  [[nodiscard]] std::uint64_t statistic(allot::Statistic which) const {
    using allot::Statistic;
    switch (which) {
      case Statistic::managed_bytes: return managed_;
      case Statistic::live_bytes: return live_bytes_;
      case Statistic::free_bytes: return managed_ - live_bytes_;
      case Statistic::reserved_bytes: return total(spans_);
      case Statistic::live_blocks: return live_.size();
      case Statistic::peak_bytes: return peak_;
      case Statistic::quota_bytes: return quota_;
      case Statistic::maximum_bytes: return maximum_;
      case Statistic::begin: return begin_;
      case Statistic::top: return top_;
      case Statistic::grow_count: return grows_;
      default: return 0;
    }
  }

  [[nodiscard]] const Ranges& free_ranges() const { return free_; }

 private:
  static constexpr std::uint64_t granule = 16;
  static constexpr std::uint64_t page = 65536;
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

  NaiveHeap() = default;

  static constexpr std::uint64_t address_limit() {
    return sizeof(Address) == 4 ? std::uint64_t{1} << 32 : std::uint64_t{1} << 36;
  }
  static constexpr std::uint64_t largest_size() { return address_limit() - granule; }
  static constexpr std::uint64_t rounded(std::uint64_t size) {
    return (size + granule - 1) / granule * granule;
  }
  static constexpr std::uint64_t block_bytes(std::uint64_t size) {
    return size == 0 ? granule : rounded(size);
  }
  static std::uint64_t total(const Ranges& ranges) {
    std::uint64_t sum = 0;
    for (const auto& [begin, bytes] : ranges) sum += bytes;
    return sum;
  }

  // The lowest aligned place in the shortest range that holds the request, or `none`.
  [[nodiscard]] std::uint64_t find(std::uint64_t alignment, std::uint64_t bytes) const {
    std::uint64_t best = none;
    std::uint64_t best_bytes = none;
    for (const auto& [begin, length] : free_) {
      const std::uint64_t aligned = (begin + alignment - 1) & ~(alignment - 1);
      const std::uint64_t slack = aligned - begin;
      if (slack + bytes > length || length >= best_bytes) continue;
      best = aligned;
      best_bytes = length;
    }
    return best;
  }

  bool extend(std::uint64_t alignment, std::uint64_t bytes) {
    const std::uint64_t aligned = (top_ + alignment - 1) & ~(alignment - 1);
    std::uint64_t end = aligned + bytes;
    const std::uint64_t limit = limit_ < maximum_ ? limit_ : maximum_;
    if (end > limit) return false;
    if (end > memory_->bytes()) {
      if (!memory_->grow((end - memory_->bytes() + page - 1) / page)) return false;
      ++grows_;
    }
    const std::uint64_t there = memory_->bytes() < limit ? memory_->bytes() : limit / granule * granule;
    if (end < there) end = there;
    managed_ += end - top_;
    release(top_, end - top_);
    top_ = end;
    return true;
  }

  [[nodiscard]] allot::Error misuse(std::uint64_t address) const {
    if (live_.contains(address)) return allot::Error::none;
    if (address >= memory_->bytes()) {
      return fault == Fault::names_wrong_error ? allot::Error::foreign_address : allot::Error::wild_address;
    }
    if (address < begin_ || address >= top_ || holds(spans_, address)) {
      return allot::Error::foreign_address;
    }
    return holds(live_, address) ? allot::Error::interior_address : allot::Error::double_free;
  }

  static bool holds(const Ranges& ranges, std::uint64_t address) {
    auto after = ranges.upper_bound(address);
    if (after == ranges.begin()) return false;
    --after;
    return address - after->first < after->second;
  }

  void count(std::uint64_t bytes) {
    live_bytes_ += bytes;
    const std::uint64_t seen = fault == Fault::misses_peak ? bytes : live_bytes_;
    if (seen > peak_) peak_ = seen;
  }

  void drop(std::uint64_t address) {
    const auto block = live_.find(address);
    live_bytes_ -= block->second;
    release(address, block->second);
    live_.erase(block);
  }

  // Takes [begin, begin + bytes) out of the free range that holds it.
  void take(std::uint64_t begin, std::uint64_t bytes) {
    const auto range = std::prev(free_.upper_bound(begin));
    const std::uint64_t range_begin = range->first;
    const std::uint64_t range_end = range->first + range->second;
    free_.erase(range);
    if (begin > range_begin) free_.emplace(range_begin, begin - range_begin);
    if (range_end > begin + bytes) free_.emplace(begin + bytes, range_end - begin - bytes);
  }

  // Adds a free range and merges it with its neighbours.
  void release(std::uint64_t begin, std::uint64_t bytes) {
    if (bytes == 0) return;
    auto after = free_.lower_bound(begin);
    if (after != free_.end() && after->first == begin + bytes) {
      bytes += after->second;
      after = free_.erase(after);
    }
    if (after != free_.begin()) {
      const auto before = std::prev(after);
      if (before->first + before->second == begin) {
        before->second += bytes;
        return;
      }
    }
    free_.emplace(begin, bytes);
  }

  Memory* memory_ = nullptr;
  Ranges free_;
  Ranges live_;
  Ranges spans_;
  std::uint64_t begin_ = 0;
  std::uint64_t top_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t maximum_ = 0;
  std::uint64_t quota_ = none;
  std::uint64_t managed_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t peak_ = 0;
  std::uint64_t grows_ = 0;
};

}  // namespace allot_test
