#include "survey.hpp"

#include <allot/host/shared_allocator.hpp>

#include <bit>
#include <cstring>
#include <memory>
#include <string_view>

#include "file.hpp"
#include "roomy_memory.hpp"
#include "text.hpp"

namespace allot::cli {

namespace {

/// Where one of these rules is broken (docs/invariants.md), the walk over all blocks was found good before.
constexpr bool is_behind_blocks(u32 rule) { return rule >= 22 && rule <= 28; }

constexpr u32 walked_from = static_cast<u32>(Statistic::largest_free);

void count_sizes(const std::vector<Run>& runs, BlockKind kind, std::vector<SizeClass>& classes) {
  std::map<u64, SizeClass> found;
  for (const Run& run : runs) {
    if (run.kind != kind) continue;
    const u64 from = std::bit_floor(run.bytes);
    SizeClass& entry = found[from];
    entry.from = from;
    ++entry.blocks;
    entry.bytes += run.bytes;
  }
  for (const auto& [from, entry] : found) classes.push_back(entry);
}

/// The heap of several agents in a snapshot, looked at by somebody who is none of them. With the host library's
/// checks: what agents say of each other leads further than what RoomyMemory allows for.
class SharedView {
 public:
  using Address = u64;

  static Result<SharedView> attach(RoomyMemory& memory, u64 image) {
    SharedView view;
    view.memory_ = detail::erase_type<RoomyMemory&>(memory);
    view.heap_ =
        std::make_unique<host::SharedAllocator<u32>>(*view.memory_, image, std::chrono::milliseconds{0});
    if (const Error error = view.heap_->attach(); error != Error::none) return error;
    return view;
  }
  SharedView() = default;

  Violation validate() { return known(heap_->validate()); }
  u64 statistic(Statistic which) { return known(heap_->statistic(which)); }
  Block block_at(u64 address) { return known(heap_->block_at(address)); }
  Result<u64> requested_size(u64 address) { return heap_->requested_size(address); }
  std::vector<AgentStatus> agents() { return known(heap_->agents()); }
  /// Whether something in the records led out of the memory, or in a circle: what was said is not worth anything then.
  bool is_lost() const { return is_lost_; }

 private:
  template <class T>
  T known(const Result<T>& answer) {
    if (answer) return answer.value();
    is_lost_ = true;
    return T{};
  }

  // In this order: the heap uses the memory.
  std::unique_ptr<AnyMemory> memory_;
  std::unique_ptr<host::SharedAllocator<u32>> heap_;
  bool is_lost_ = false;
};

/// Returns whether the blocks follow each other up to the heap's end.
template <class Heap>
bool walk(Heap& heap, Survey& result) {
  const u64 top = heap.statistic(Statistic::top);
  u64 requested = 0;
  for (u64 at = heap.statistic(Statistic::begin); at < top;) {
    const Block block = heap.block_at(at);
    if (block.kind == BlockKind::none || block.size == 0) return false;
    Run* const last = result.runs.empty() ? nullptr : &result.runs.back();
    if (last && block.kind == BlockKind::free && last->kind == BlockKind::free)
      last->bytes += block.size;
    else
      result.runs.push_back({block.kind, at, block.size});
    if (block.kind == BlockKind::live && result.records_sizes)
      if (const auto size = heap.requested_size(static_cast<typename Heap::Address>(at)))
        requested += size.value();
    at += block.size;
  }
  if (result.records_sizes) result.requested = requested;
  count_sizes(result.runs, BlockKind::live, result.live_sizes);
  count_sizes(result.runs, BlockKind::free, result.free_sizes);
  return true;
}

std::optional<GuestError> guest_error_in(const u8* header) {
  GuestError found;
  std::memcpy(&found.error, header + image_word::last_error, sizeof(found.error));
  std::memcpy(&found.address, header + image_word::last_error_address, sizeof(found.address));
  // A number without a name was not written by an allocator.
  if (std::string_view(name_of(found.error)) == name_of(Error::none)) return std::nullopt;
  return found;
}

template <class Heap>
Survey look_at(Result<Heap> attached, const u8* header) {
  Survey result;
  if (!attached) {
    result.refused = attached.error();
    return result;
  }
  Heap& heap = attached.value();
  result.policy = header[offsetof(Header, policy)];
  result.records_sizes = (header[offsetof(Header, flags)] & image_flag::record_sizes) != 0;
  result.guest_error = guest_error_in(header);
  result.violation = heap.validate();
  result.has_blocks = !result.violation || is_behind_blocks(result.violation.number);
  for (u32 i = 0; i < result.figures.size(); ++i)
    if (i < walked_from || result.has_blocks) result.figures[i] = heap.statistic(static_cast<Statistic>(i));
  if (result.has_blocks && !walk(heap, result)) {
    result.has_blocks = false;
    result.runs.clear();
  }
  if constexpr (requires { heap.agents(); }) {
    result.agents = heap.agents();
    if (heap.is_lost()) {
      result = Survey();
      result.refused = Error::corrupt_image;
    }
  }
  return result;
}

}  // namespace

double Survey::external_fragmentation() const {
  const u64 free = figure(Statistic::free_bytes);
  return free == 0 ? 0 : 1 - static_cast<double>(figure(Statistic::largest_free)) / static_cast<double>(free);
}

std::optional<double> Survey::internal_fragmentation() const {
  const u64 live = figure(Statistic::live_bytes);
  if (!requested || live == 0) return std::nullopt;
  return std::max(0.0, 1 - static_cast<double>(*requested) / static_cast<double>(live));
}

Survey survey(const std::string& path, const files::Snapshot& snapshot) {
  const files::SnapshotHeader& header = snapshot.header();
  // Pages of zeros until the runs are copied: a file cannot ask for more memory than it has bytes.
  RoomyMemory memory(header.memory_bytes());
  RoomyMemory records(header.record_memory_bytes());
  if (!memory.valid() || !records.valid())
    throw Failure(exit_unreadable, printable(path) + ": there is not the memory to open a heap of " +
                                       size_text(header.memory_bytes() + header.record_memory_bytes()));
  snapshot.copy_memory(memory.base());
  snapshot.copy_records(records.base());
  if (header.outside)
    return look_at(OutsideHeap<RoomyMemory, RoomyMemory>::attach(memory, records, header.image),
                   records.base() + header.image);
  // Only a choice: each looks at all of the header itself.
  constexpr u8 for_several = 2;
  const u8* const image = memory.base() + header.image;
  if (image[offsetof(Header, outside)] & for_several)
    return look_at(SharedView::attach(memory, header.image), image);
  return look_at(InsideHeap<RoomyMemory>::attach(memory, header.image), image);
}

const char* rule_text(u32 number) {
  switch (number) {
#define ALLOT_INVARIANT(which, text) \
  case which: return text;
#include <allot/base/invariants.def>
#undef ALLOT_INVARIANT
    default: return "";
  }
}

const char* kind_name(BlockKind kind) {
  constexpr const char* names[] = {"free", "live", "metadata", "reserved"};
  return kind < BlockKind::none ? names[static_cast<u32>(kind)] : "none";
}

const char* policy_name(u32 policy) {
  constexpr const char* names[] = {"exact", "compact", "balanced", "fast"};
  return policy < std::size(names) ? names[policy] : "unknown";
}

}  // namespace allot::cli
