// Purpose: what a heap is made with.
// Floor:   door host.
#pragma once

#include <allot/placement/create.hpp>

#include <chrono>
#include <optional>

namespace allot {

/// Where the image lies.
enum class ImagePlace {
  inside,   // in the guest's memory: a guest with liballot, JavaScript and this host can all use the heap
  outside,  // in this program: the guest cannot touch it, and only this program uses the heap
};

// GCC takes these names, which nobody can write without AddressType::, for allot::i32 and i64 in disguise.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
/// The address type of the memory, as in WebAssembly.
enum class AddressType { i32, i64 };
#pragma GCC diagnostic pop

/// How long one call of a heap that several agents use may wait for another agent that holds its lock, if nothing else
/// is said. Nobody who runs holds it for long: this is for those that were stopped, or are hostile.
inline constexpr std::chrono::milliseconds default_patience{6000};

struct CreateOptions {
  /// First byte that the heap may use: for instance the guest's __heap_base. By default where the memory
  /// ends, so that all of the heap lies in pages that nobody had before. 0 in a memory that nobody else uses:
  /// its first pages would lie idle otherwise.
  std::optional<u64> begin = std::nullopt;
  u64 end = 0;  // 0: as far as the memory can grow; else the heap never leaves [begin, end)
  u64 maximum = 0;  // an address that the heap does not grow beyond; 0: none
  u64 quota = 0;  // most live bytes; 0: no limit
  Policy policy = Policy::balanced;
  bool record_sizes = false;  // requested_size() works
  ImagePlace image = ImagePlace::inside;
  AddressType address = AddressType::i32;
  /// In a shared memory: see default_patience. A call that has waited for so long gives lock_held.
  std::chrono::milliseconds patience = default_patience;
};

struct AttachOptions {
  /// Where the image lies: what the guest's allot_image() says. By default the memory is searched, which
  /// costs a look at every 16th byte.
  std::optional<u64> image = std::nullopt;
  /// Whether every invariant is checked first: O(heap / 128). Of a heap that several agents use it is only while none
  /// of them is at work: what they have half done would look like damage.
  bool validate = true;
  /// Of a heap that several agents use: whether to become one. Who does not can look (statistic, walk, validate,
  /// agents, usable_size), takes nobody's room, and is refused all that would change the heap (not_attached).
  bool join = true;
  /// Of a heap that several agents use: as in CreateOptions.
  std::chrono::milliseconds patience = default_patience;
};

}  // namespace allot
