// Purpose: a trace made ready to be done again: which block each operation is about, found out once.
// Floor:   cli.
// Why:     what is measured is placing blocks, not looking up addresses. What counts as done, skipped, refused
//          is as in replayTrace of the npm package, so that both say the same of a trace.
#pragma once

#include <allot/host/files/trace.hpp>

#include <string>
#include <vector>

namespace allot::cli {

struct PlannedOperation {
  enum class Kind : u8 {
    allocate,  // into the slot
    aligned,  // the same, at a multiple of `alignment`
    attempt,  // was refused for want of memory when it was recorded: the program did not get it
    reallocate,  // the slot's block
    free,  // the slot's block
    vanish,  // the same; the trace did not see it, and it does not count
  };
  Kind kind;
  u32 slot;
  u64 size;
  u64 alignment;  // aligned and attempt; 1: any will do
  u64 recorded;  // the address that was given
};

struct TracePlan {
  std::vector<PlannedOperation> operations;
  u32 slots = 0;  // blocks that there are in all
  u64 skipped = 0;  // records that are not done again
  u64 records = 0;
  bool has_times = false;
  u64 microseconds = 0;
};

/// Reads a trace. `path` is for messages. Throws Failure where it is wrong.
TracePlan plan_trace(const std::string& path, std::span<const u8> file);

}  // namespace allot::cli
