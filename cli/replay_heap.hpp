// Purpose: does a trace again on a new heap of one policy, and counts.
// Floor:   cli.
#pragma once

#include <allot/placement/policy.hpp>

#include "trace_plan.hpp"

namespace allot::cli {

struct ReplayResult {
  Policy policy = Policy::balanced;
  u64 operations = 0;    // that were done
  u64 skipped = 0;       // records that were not
  u64 refused = 0;       // refused here, and not when they were recorded
  u64 granted = 0;       // the other way round
  u64 same_address = 0;  // how often the heap gave the address that was recorded
  u64 moved = 0;         // blocks that moved when they were given another length
  u64 peak_asked = 0;    // the most bytes that were asked for and live at once
  u64 peak_blocks = 0;   // the most blocks that were live at once
  u64 peak_live = 0;     // as peak_asked, in the bytes that the blocks have
  u64 left_blocks = 0;   // live at the end
  u64 left_asked = 0;    // bytes that they were asked for
  u64 memory = 0;        // the memory that the heap took, with its records
  u64 records = 0;       // of it its records
  u64 free = 0;  // free at the end, before what was left was freed, and how much of that is in one piece
  u64 largest_free = 0;
  double milliseconds = 0;

  double external_fragmentation() const {
    return free == 0 ? 0 : 1 - static_cast<double>(largest_free) / static_cast<double>(free);
  }
};

/// Throws Failure if there is not the address space for it. What is in blocks is neither written, zeroed nor
/// copied: what is measured is the placing of blocks, and a trace cannot ask for real memory.
ReplayResult replay_once(const TracePlan& plan, Policy policy);

}  // namespace allot::cli
