#include "replay_heap.hpp"

#include <allot/heap/heap.hpp>
#include <allot/memory/reserved.hpp>

#include <chrono>

#include "file.hpp"

namespace allot::cli {

namespace {

/// A memory in which only the heap's records are ever touched.
class ContentlessMemory {
 public:
  static constexpr bool stateless = false;
  explicit ContentlessMemory(ReservedMemory& memory) : memory_(&memory) {}
  u8* base() const { return memory_->base(); }
  u64 bytes() const { return memory_->bytes(); }
  bool grow(u64 pages) const { return memory_->grow(pages); }
  void zero(u64, u64) const {}
  void copy(u64, u64, u64) const {}

 private:
  ReservedMemory* memory_;
};

using Heap = BasicHeap<Inside<ContentlessMemory, u32>>;
using Kind = PlannedOperation::Kind;

constexpr u64 address_space = u64{1} << 32;
/// Where JavaScript puts a heap that has a memory to itself.
constexpr u64 image = 16;

struct Slot {
  u64 size = 0;
  u32 address = 0;
  bool is_live = false;
};

class Replay {
 public:
  Replay(Heap& heap, u32 slots, ReplayResult& result) : heap_(heap), slots_(slots), result_(result) {}

  void run(const PlannedOperation& operation) {
    Slot& slot = slots_.empty() ? none_ : slots_[operation.slot];
    switch (operation.kind) {
      case Kind::allocate:
      case Kind::aligned: return allocate(operation, slot);
      case Kind::attempt: return attempt(operation);
      case Kind::reallocate: return reallocate(operation, slot);
      case Kind::free:
        if (release(slot))
          ++result_.operations;
        else
          ++result_.skipped;
        return;
      case Kind::vanish: release(slot); return;
    }
  }

  void end() {
    result_.left_blocks = blocks_;
    result_.left_asked = asked_;
  }

 private:
  Result<u32> ask(const PlannedOperation& operation) {
    return operation.alignment == 1 ? heap_.allocate(operation.size)
                                    : heap_.allocate_aligned(operation.alignment, operation.size);
  }

  void allocate(const PlannedOperation& operation, Slot& slot) {
    ++result_.operations;
    const auto got = ask(operation);
    if (!got) {
      ++result_.refused;
      return;
    }
    result_.same_address += got.value() == operation.recorded;
    slot = {operation.size, got.value(), true};
    account(operation.size, 1);
  }

  void attempt(const PlannedOperation& operation) {
    ++result_.operations;
    const auto got = ask(operation);
    if (!got) return;
    ++result_.granted;
    (void)heap_.deallocate(got.value());
  }

  void reallocate(const PlannedOperation& operation, Slot& slot) {
    if (!slot.is_live) {
      ++result_.skipped;
      return;
    }
    ++result_.operations;
    const auto got = heap_.reallocate(slot.address, operation.size);
    if (!got) {
      ++result_.refused;  // it stays as long as it was
      return;
    }
    result_.moved += got.value() != slot.address;
    result_.same_address += got.value() == operation.recorded;
    asked_ -= slot.size;
    slot.size = operation.size;
    slot.address = got.value();
    account(operation.size, 0);
  }

  bool release(Slot& slot) {
    if (!slot.is_live) return false;
    slot.is_live = false;
    asked_ -= slot.size;
    --blocks_;
    return heap_.deallocate(slot.address) == Error::none;
  }

  void account(u64 size, u64 blocks) {
    asked_ += size;
    blocks_ += blocks;
    if (asked_ > result_.peak_asked) result_.peak_asked = asked_;
    if (blocks_ > result_.peak_blocks) result_.peak_blocks = blocks_;
  }

  Heap& heap_;
  std::vector<Slot> slots_;
  Slot none_;
  ReplayResult& result_;
  u64 asked_ = 0;
  u64 blocks_ = 0;
};

}  // namespace

ReplayResult replay_once(const TracePlan& plan, Policy policy) {
  ReservedMemory memory(page_bytes, address_space);
  if (!memory.valid()) throw Failure(exit_unreadable, "there is not the address space for a heap (4 GiB)");
  Heap heap(Inside<ContentlessMemory, u32>{ContentlessMemory(memory)}, image);
  Options options;
  options.begin = image;
  options.policy = policy;
  if (heap.initialize(options) != Error::none) throw Failure(exit_unreadable, "a heap cannot be made");

  ReplayResult result;
  result.policy = policy;
  result.skipped = plan.skipped;
  Replay replay(heap, plan.slots, result);
  const auto begin = std::chrono::steady_clock::now();
  for (const PlannedOperation& operation : plan.operations) replay.run(operation);
  const auto end = std::chrono::steady_clock::now();
  replay.end();
  result.milliseconds = std::chrono::duration<double, std::milli>(end - begin).count();
  result.peak_live = heap.statistic(Statistic::peak_bytes);
  result.memory = heap.statistic(Statistic::top);
  result.records = heap.statistic(Statistic::metadata_bytes);
  result.free = heap.statistic(Statistic::free_bytes);
  result.largest_free = heap.statistic(Statistic::largest_free);
  return result;
}

}  // namespace allot::cli
