// Purpose: the one policy of where an image lies: inside the managed memory, or outside it.
// Floor:   image.
#pragma once

#include <allot/image/layout.hpp>
#include <allot/memory/concept.hpp>

namespace allot {

/// What a build of the core is able to do; each slot costs code only where it is true.
struct AllTraits {
  static constexpr bool exact = true;      // the policy `exact`
  static constexpr bool sizes = true;      // recording requested sizes
  static constexpr int policy = -1;        // a Policy fixed at compile time, or -1: the image says
  /// Whether free has the processor guess the length of the block that was allocated last. For calls from JavaScript,
  /// which wait for each other more than those of a guest: those would pay more for it at all other blocks.
  static constexpr bool foretells_length = true;
};

/// Whether code for these traits lets several agents into a heap at once: see image/shared.hpp.
template <class Traits>
inline constexpr bool is_shared = requires { requires Traits::shared; };

namespace detail {
template <bool shared, class Single, class Shared>
struct Below {
  using type = Single;
};
template <class Single, class Shared>
struct Below<true, Single, Shared> {
  using type = Shared;
};
}  // namespace detail

/// The class below one of the core's tower: for one agent alone, or for several.
template <class Place, class Single, class Shared>
using Below = typename detail::Below<is_shared<typename Place::Traits>, Single, Shared>::type;

/// How the core reaches the records: the types through which every access to them goes. This is the plain
/// way; a native host that does not trust them has another, which looks at every access and costs these
/// builds nothing.
struct PlainRecords {
  static constexpr bool trusted = true;
  using Header = allot::Header;
  using Agent = allot::Agent;
  using Pointer = uintptr_t;
};

/// Records in the managed memory itself: whoever has the memory has the heap.
/// (A place's `Ref` is as long as a RecordRef needs to be there. A place may have a constant `fixed_image`, the Ref of the
/// only image that can be there: its heaps need not remember it.)
template <ManagedMemory Memory_, class Address_, class Traits_ = AllTraits>
struct Inside {
  using Address = Address_;
  using Ref = Address_;
  using Traits = Traits_;
  using Access = PlainRecords;
  static constexpr bool inside = true;
  static constexpr bool stateless = Memory_::stateless;

  [[no_unique_address]] Memory_ memory;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(memory.base()); }
  uintptr_t record_at(RecordRef ref) const { return record_base() + static_cast<uintptr_t>(ref); }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }
};

/// Records in a memory of their own: nothing in the managed memory can harm them, and all of the
/// managed memory, from address 0, is the user's.
template <ManagedMemory Memory_, ManagedMemory Records, class Address_, class Traits_ = AllTraits>
struct Outside {
  using Address = Address_;
  using Ref = RecordRef;
  using Traits = Traits_;
  using Access = PlainRecords;
  static constexpr bool inside = false;
  static constexpr bool stateless = Memory_::stateless && Records::stateless;

  [[no_unique_address]] Memory_ memory;
  [[no_unique_address]] Records records;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(records.base()); }
  uintptr_t record_at(RecordRef ref) const { return record_base() + static_cast<uintptr_t>(ref); }
  u64 record_memory_bytes() const { return records.bytes(); }
  bool grow_records(u64 pages) const { return records.grow(pages); }
};

}  // namespace allot
