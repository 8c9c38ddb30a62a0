// Purpose: what a heap is made with.
// Floor:   door host.
#pragma once

#include <allot/placement/create.hpp>

#include <optional>

namespace allot {

/// Where the image lies.
enum class ImagePlace {
  inside,   // in the guest's memory: a guest with liballot, JavaScript and this host can all use the heap
  outside,  // in this program: the guest cannot touch it, and only this program uses the heap
};

/// The address type of the memory, as in WebAssembly.
enum class AddressType { i32, i64 };

struct CreateOptions {
  /// First byte that the heap may use: for instance the guest's __heap_base. By default where the memory
  /// ends, so that all of the heap lies in pages that nobody had before.
  std::optional<u64> begin = std::nullopt;
  u64 end = 0;  // 0: as far as the memory can grow; else the heap never leaves [begin, end)
  u64 maximum = 0;  // an address that the heap does not grow beyond; 0: none
  u64 quota = 0;  // most live bytes; 0: no limit
  Policy policy = Policy::balanced;
  bool record_sizes = false;  // requested_size() works
  ImagePlace image = ImagePlace::inside;
  AddressType address = AddressType::i32;
};

struct AttachOptions {
  /// Where the image lies: what the guest's allot_image() says. By default the memory is searched, which
  /// costs a look at every 16th byte.
  std::optional<u64> image = std::nullopt;
  /// Whether every invariant is checked first: O(heap / 128). Leave it out only if other threads use the heap
  /// now and do not take its lock: they may be in the middle of something.
  bool validate = true;
};

}  // namespace allot
