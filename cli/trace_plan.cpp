#include "trace_plan.hpp"

#include <limits>
#include <unordered_map>

#include "file.hpp"

namespace allot::cli {

namespace {

using files::TraceOperation;
using files::TraceRecord;
using Kind = PlannedOperation::Kind;

class Planner {
 public:
  explicit Planner(TracePlan& plan) : plan_(plan) {}

  void add(const TraceRecord& record) {
    switch (record.operation) {
      case TraceOperation::allocate:
      case TraceOperation::live: return allocate(record, record.size, any);
      case TraceOperation::allocate_zeroed: return allocate(record, product(record.count, record.size), any);
      case TraceOperation::allocate_aligned: return allocate(record, record.size, record.alignment);
      case TraceOperation::reallocate: return reallocate(record);
      case TraceOperation::deallocate:
        if (record.refused || !drop(record.block, Kind::free)) ++plan_.skipped;
        return;
      default: ++plan_.skipped;
    }
  }

 private:
  static constexpr u64 any = 1;  // the alignment of what asked for none; 0 is one that is refused

  /// Of more than any heap can have, or of more of them, the most there is: JavaScript refuses both.
  static u64 product(u64 count, u64 size) {
    constexpr u64 most = std::numeric_limits<u32>::max();
    return count > most || size > most ? std::numeric_limits<u64>::max() : count * size;
  }

  void put(Kind kind, u32 slot, u64 size, u64 alignment, u64 recorded) {
    plan_.operations.push_back({kind, slot, size, alignment, recorded});
  }

  bool drop(u64 address, Kind kind) {
    const auto found = slots_.find(address);
    if (found == slots_.end()) return false;
    put(kind, found->second, 0, 0, address);
    slots_.erase(found);
    return true;
  }

  void allocate(const TraceRecord& record, u64 size, u64 alignment) {
    if (record.refused) {
      if (record.text == "out_of_memory" || record.text == "quota_exceeded")
        put(Kind::attempt, 0, size, alignment, 0);
      else
        ++plan_.skipped;
      return;
    }
    // Given out once more: somebody whom the trace did not see had freed what was there.
    drop(record.result, Kind::vanish);
    slots_[record.result] = plan_.slots;
    put(alignment == any ? Kind::allocate : Kind::aligned, plan_.slots++, size, alignment, record.result);
  }

  void reallocate(const TraceRecord& record) {
    const auto found = slots_.find(record.block);
    if (found == slots_.end() && record.block == 0)
      return allocate(record, record.size, any);  // C's way to write malloc
    if (found == slots_.end() || record.refused) {
      ++plan_.skipped;
      return;
    }
    const u32 slot = found->second;
    if (record.result != record.block) {
      drop(record.result, Kind::vanish);
      slots_.erase(record.block);
      slots_[record.result] = slot;
    }
    put(Kind::reallocate, slot, record.size, 0, record.result);
  }

  TracePlan& plan_;
  std::unordered_map<u64, u32> slots_;  // of the blocks that are live, by the address that was recorded
};

}  // namespace

TracePlan plan_trace(const std::string& path, std::span<const u8> file) {
  files::TraceReader trace(file);
  TracePlan plan;
  Planner planner(plan);
  for (TraceRecord record; trace.next(record);) {
    planner.add(record);
    plan.microseconds = record.microseconds;
  }
  if (!trace.ok()) throw malformed(path, trace.fault());
  plan.records = trace.records();
  plan.has_times = trace.has_times();
  return plan;
}

}  // namespace allot::cli
