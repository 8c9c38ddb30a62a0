// Purpose: what can be said of the heap in a snapshot: whether it is sound, its figures, its blocks.
// Floor:   cli.
#pragma once

#include <allot/base/statistic.hpp>
#include <allot/heap/heaps.hpp>
#include <allot/host/allocator.hpp>
#include <allot/host/files/snapshot.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace allot::cli {

/// A run of memory of one kind. Free neighbours are one run.
struct Run {
  BlockKind kind;
  u64 address;
  u64 bytes;
};

/// Blocks, or runs of free memory, of `from` to less than twice as many bytes.
struct SizeClass {
  u64 from = 0;
  u64 blocks = 0;
  u64 bytes = 0;
};

/// What a guest was refused last, as its image has it: what it gave can be any number.
struct GuestError {
  Error error;
  u64 address;
};

struct Survey {
  Error refused = Error::none;            // why no heap could be attached; then all below is empty
  Violation violation = {0, 0};           // the first rule that is broken
  bool has_blocks = false;  // whether the records can be trusted as far as to walk the blocks
  u32 policy = 0;
  bool records_sizes = false;
  std::array<u64, 17> figures{};  // by the numbers of Statistic; those that need a walk if has_blocks
  std::vector<Run> runs;
  std::vector<SizeClass> live_sizes;
  std::vector<SizeClass> free_sizes;
  std::optional<u64> requested;  // bytes that were asked for, where that is recorded
  std::optional<GuestError> guest_error;
  std::optional<std::vector<AgentStatus>> agents;  // of a heap that several use

  bool is_sound() const { return refused == Error::none && !violation; }
  u64 figure(Statistic which) const { return figures[static_cast<u32>(which)]; }
  /// The part of the free memory that is not in its longest run.
  double external_fragmentation() const;
  /// The part of the live bytes that nobody asked for, where that is known.
  std::optional<double> internal_fragmentation() const;
};

/// Opens the heap of a snapshot, checks it and looks at all of it. `path` is for messages. Throws Failure if
/// there is not the memory for it.
Survey survey(const std::string& path, const files::Snapshot& snapshot);

/// The text of a rule (an invariant) by its number.
const char* rule_text(u32 number);
const char* kind_name(BlockKind kind);
const char* policy_name(u32 policy);

}  // namespace allot::cli
