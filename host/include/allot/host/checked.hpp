// Purpose: the way to the records of an image that lies in a guest's memory and may say anything at any
//          moment.
// Floor:   door host.
//
// The core is compiled with these types in place of the plain ones (core/allot/image/place.hpp,
// PlainRecords):
//
//   * Every access to a record is compared with the memory's length; one that leaves it throws.
//   * Every index into an array of the header or the agent is compared with the array's length.
//   * Every value is read exactly once: another thread may change the memory at any time, and a compiler that
//     read a value again after it was compared would use one that nobody has looked at.
//   * Every access is counted, and every look at the memory's length; an operation that makes more of them than any
//     sound heap of this size needs is given up: a list that is a circle does not hang the host.
//
// What is thrown never leaves the host's heap, which reports corrupt_image. A value that is wrong but leads
// nowhere outside does what it does: a guest can spoil its own heap, and nothing else.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/host/memory.hpp>

#include <cstddef>
#include <type_traits>

// Of a function that is hardly ever called, amid code that is hot: that need not save its registers for it then. What is
// called so must not throw, as unwinding does not give these registers back.
#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define ALLOT_HARDLY_CALLED __attribute__((preserve_most, noinline, cold))
#else
#define ALLOT_HARDLY_CALLED __attribute__((noinline, cold))
#endif

namespace allot::host {

/// What a host's heaps are able to do. (Calls of the core come from C++ alone.)
struct HostTraits : AllTraits {
  static constexpr bool foretells_length = false;
};

/// Thrown through the core, and caught where the core was called.
struct CorruptImage {};

[[noreturn, gnu::noinline, gnu::cold]] inline void refuse_image() { throw CorruptImage{}; }

/// The memory as one operation sees it.
class Reach {
 public:
  // How far behind what is compared a ShortReach may look: at a page's bits, or at a tiny block's last byte.
  static constexpr u64 farthest = 1024;

  explicit Reach(AnyMemory& memory) : memory_(&memory) {}

  /// Looks where the memory is now. False when it does not have the `n` bytes at `at`, where header and agent
  /// lie. A memory whose base is fixed stays where it is and gets no shorter: what was seen once still holds.
  bool refresh(u64 at, u64 n) {
    if (!memory_->base_is_fixed() || n > bytes_ || at > bytes_ - n) {
      base_ = memory_->base();
      see(memory_->bytes());
      if (base_ == nullptr || n > bytes_ || at > bytes_ - n) return false;
    }
    begin();
    return true;
  }
  /// The same for what lays out an image, and sees to it itself that there is memory for it.
  void refresh_for_new() {
    base_ = memory_->base();
    see(memory_->bytes());
    begin();
  }
  u8* base() const { return base_; }
  /// How long it is, whoever grew it; one that can move was looked at when the operation began.
  u64 bytes() {
    if (memory_->base_is_fixed()) see(memory_->bytes());
    return bytes_;
  }
  AnyMemory& memory() const { return *memory_; }

  /// Where the `n` bytes lie that are `distance` behind `offset`.
  template <u64 n, u64 distance = 0>
  [[gnu::always_inline]] u8* at(u64 offset) {
    static_assert(n <= widest);
    offset += distance;
    // Both as if all accesses were the widest: one comparison with what is kept. The last few bytes are looked at again.
    if ((--left_ == 0 || offset >= widest_end_) && !look_again(offset, n)) [[unlikely]]
      refuse_image();
    return base_ + offset;
  }
  bool grow(u64 pages) {
    if (!memory_->grow(pages)) return false;
    base_ = memory_->base();
    see(memory_->bytes());
    return true;
  }
  /// As grow: the bytes that it had right before, or ~0.
  u64 grow_from(u64 pages) {
    const u64 before = memory_->grow_from(pages);
    base_ = memory_->base();
    see(memory_->bytes());
    return before;
  }
  void require(u64 offset, u64 n) {
    const u64 have = bytes();
    if (n > have || offset > have - n) refuse_image();
  }
  /// One access more.
  void count() {
    if (--left_ == 0) [[unlikely]]
      refuse_image();
  }
  /// The same as require, counted, and the memory is asked only if what is remembered is not enough.
  void require_record(u64 offset, u64 n) {
    count();
    if (n > bytes_ || offset > bytes_ - n) require(offset, n);
  }

  /// How many milliseconds an operation may wait for others in all.
  void set_patience(u32 milliseconds) { patience_ = milliseconds; }
  /// Takes one of them. False when there is none left.
  bool take_wait() {
    if (waits_left_ == 0) return false;
    --waits_left_;
    return true;
  }

 private:
  // A walk that checks everything makes five accesses for a granule at most.
  static constexpr u64 accesses_per_granule = 32;
  static constexpr u64 accesses_more = u64{1} << 20;
  static constexpr u64 widest = 8;  // bytes of an access

  void begin() {
    left_ = most_accesses_;
    waits_left_ = patience_;
  }
  void see(u64 bytes) {
    const u64 most = (bytes >> granule_shift) * accesses_per_granule + accesses_more;
    if (most > most_accesses_) left_ += most - most_accesses_;
    most_accesses_ = most;
    bytes_ = bytes;
    widest_end_ = bytes < widest ? 0 : bytes - (widest - 1);
    far_end_ = bytes < farthest ? 0 : bytes - (farthest - 1);
  }
  /// The guest may have grown the memory since it was looked at.
  ALLOT_HARDLY_CALLED bool look_again(u64 offset, u64 n) noexcept {
    const u64 have = bytes();
    return left_ != 0 && n <= have && offset <= have - n;
  }

  friend class ShortReach;

  AnyMemory* memory_;
  u8* base_ = nullptr;
  u64 bytes_ = 0;
  u64 widest_end_ = 0;  // the first offset where that many do not fit
  u64 far_end_ = 0;  // the same of `farthest`
  u64 most_accesses_ = 0;
  u64 left_ = 0;
  u32 patience_ = 0;
  u32 waits_left_ = 0;
};

/// A value that is never read twice: what the compiler knows of it ends here.
template <class T>
[[gnu::always_inline]] inline T once(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

/// Where a record lies: what the core has instead of a pointer.
template <class By>
class CheckedPointerBy {
 public:
  CheckedPointerBy(By& reach, u64 offset) : reach_(&reach), offset_(offset) {}
  friend CheckedPointerBy operator+(CheckedPointerBy p, u64 n) { return {*p.reach_, p.offset_ + n}; }

  template <class T, u32 distance = 0>
  [[gnu::always_inline]] T get() const {
    const u8* const at = reach_->template at<sizeof(T), distance>(offset_);
    if constexpr (sizeof(T) == 1) {
      return __atomic_load_n(at, __ATOMIC_RELAXED);  // once, too, and known to be a byte
    } else {
      T value;
      __builtin_memcpy(&value, at, sizeof(T));
      return once(value);
    }
  }
  template <class T, u32 distance = 0>
  [[gnu::always_inline]] void set(T value) const {
    __builtin_memcpy(reach_->template at<sizeof(T), distance>(offset_), &value, sizeof(T));
  }

 private:
  friend By;

  By* reach_;
  u64 offset_;
};
using CheckedPointer = CheckedPointerBy<Reach>;

// The core's load and store for this kind of pointer, by which they are found.
template <class T, class By>
[[gnu::always_inline]] inline T load(CheckedPointerBy<By> at) {
  return at.template get<T>();
}
template <class T, class By>
[[gnu::always_inline]] inline void store(CheckedPointerBy<By> at, std::type_identity_t<T> value) {
  at.template set<T>(value);
}
template <class T, u32 distance, class By>
[[gnu::always_inline]] inline T load(CheckedPointerBy<By> at) {
  return at.template get<T, distance>();
}
template <class T, u32 distance, class By>
[[gnu::always_inline]] inline void store(CheckedPointerBy<By> at, std::type_identity_t<T> value) {
  at.template set<T, distance>(value);
}

/// A number that another thread may change while it is used. Each use is one relaxed access.
template <class T>
class Racy {
 public:
  Racy() = delete;
  Racy(const Racy&) = delete;
  operator T() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }  // NOLINT: used like a number
  Racy& operator=(T value) {
    __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
    return *this;
  }
  Racy& operator=(const Racy& other) { return *this = static_cast<T>(other); }  // NOLINT: itself is harmless
  Racy& operator+=(T by) { return *this = static_cast<T>(T{*this} + by); }
  Racy& operator-=(T by) { return *this = static_cast<T>(T{*this} - by); }
  Racy& operator&=(T by) { return *this = static_cast<T>(T{*this} & by); }
  Racy& operator|=(T by) { return *this = static_cast<T>(T{*this} | by); }
  Racy& operator++() { return *this += 1; }
  Racy& operator--() { return *this -= 1; }
  T operator++(int) {
    const T value = *this;
    *this = static_cast<T>(value + 1);
    return value;
  }

 private:
  T value_;
};

/// A number of bits to shift by, whatever it says.
class RacyShift {
 public:
  RacyShift() = delete;
  RacyShift(const RacyShift&) = delete;
  // NOLINTNEXTLINE(google-explicit-constructor): used like a number
  operator u8() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED) & 31; }
  RacyShift& operator=(u8 value) {
    __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
    return *this;
  }

 private:
  u8 value_;
};

/// An array of such numbers that looks at every index.
template <class Item, u32 n>
class CheckedArray {
  class Part {
   public:
    Part(CheckedArray& array, u64 begin) : array_(array), begin_(begin) {}
    Item& operator[](u64 i) const { return array_[begin_ + i]; }

   private:
    CheckedArray& array_;
    u64 begin_;
  };

 public:
  Item& operator[](u64 i) {
    if (i >= n) [[unlikely]]
      refuse_image();
    return items_[i];
  }
  const Item& operator[](u64 i) const { return const_cast<CheckedArray&>(*this)[i]; }
  friend Part operator+(CheckedArray& array, u64 begin) { return {array, begin}; }

 private:
  Item items_[n];
};
template <class T, u32 n>
using RacyArray = CheckedArray<Racy<T>, n>;

/// allot::Header, field for field. What the fields mean is said there.
struct CheckedHeader {
  Racy<u64> magic;
  Racy<u32> version;
  Racy<u32> header_bytes;
  Racy<u64> self;
  Racy<u8> address_bytes;
  Racy<u8> outside;
  Racy<u8> policy;
  Racy<u8> flags;
  Racy<u32> record_bytes;
  RacyShift borrow_shift;
  Racy<u8> borrow_add;
  RacyShift eager_shift;
  RacyShift step_shift;
  Racy<u32> grow_count;
  Racy<u64> spare;
  Racy<u64> origin;
  Racy<u64> begin;
  Racy<u64> end;
  Racy<u64> maximum;
  Racy<u64> quota;
  Racy<u64> top;
  Racy<u64> owned_end;
  Racy<u64> page_map;
  Racy<u64> pool;
  Racy<u64> pool_count;
  Racy<u64> managed_bytes;
  Racy<u64> metadata_bytes;
  Racy<u64> reserved_bytes;
  Racy<u64> records_top;
  Racy<u32> page_map_capacity;
  Racy<u32> agents;
  Racy<u32> reserved_spans;
  Racy<u32> spare_word;
  RacyArray<u64, agent_capacity> agent;
  Racy<u64> checksum;
  Racy<u32> granules;
  Racy<u32> last_error;
  Racy<u64> last_error_address;
  Racy<u64> violation_address;
  Racy<u32> lock;
  RacyArray<u32, 3> spare_words;
};

/// allot::Agent, field for field.
struct CheckedAgent {
  Racy<u64> hints;
  Racy<u16> hint_cap;
  Racy<u8> id;
  Racy<u8> last_length;
  Racy<Granule> last;
  Racy<u32> room;
  Racy<u32> last_cut;
  Racy<u32> watermark;
  Racy<u32> peak;
  Racy<Granule> run_begin;
  Racy<Granule> run_end;
  Racy<u32> sweep_page;
  Racy<u32> state;
  Racy<Granule> front;
  Racy<u32> front_length;
  RacyArray<u64, small_max> tops;
  Racy<u32> octaves;
  Racy<u32> binned;
  RacyArray<u16, 26> bins;
  Racy<u32> high;
  RacyArray<u32, bin_count> heads;
  RacyArray<u8, quick_bins + 8> quick_count;
  RacyArray<u64, quick_bins * quick_depth> quick;
};

// The same bytes as in the core. A field that moves there must move here.
static_assert(sizeof(CheckedHeader) == sizeof(Header) && sizeof(CheckedAgent) == sizeof(Agent));
#define ALLOT_SAME(record, field)                                              \
  static_assert(offsetof(Checked##record, field) == offsetof(record, field) && \
                sizeof(Checked##record::field) == sizeof(record::field))
ALLOT_SAME(Header, magic);
ALLOT_SAME(Header, address_bytes);
ALLOT_SAME(Header, policy);
ALLOT_SAME(Header, flags);
ALLOT_SAME(Header, record_bytes);
ALLOT_SAME(Header, borrow_shift);
ALLOT_SAME(Header, borrow_add);
ALLOT_SAME(Header, eager_shift);
ALLOT_SAME(Header, step_shift);
ALLOT_SAME(Header, grow_count);
ALLOT_SAME(Header, origin);
ALLOT_SAME(Header, begin);
ALLOT_SAME(Header, end);
ALLOT_SAME(Header, maximum);
ALLOT_SAME(Header, quota);
ALLOT_SAME(Header, top);
ALLOT_SAME(Header, owned_end);
ALLOT_SAME(Header, page_map);
ALLOT_SAME(Header, pool);
ALLOT_SAME(Header, pool_count);
ALLOT_SAME(Header, managed_bytes);
ALLOT_SAME(Header, metadata_bytes);
ALLOT_SAME(Header, reserved_bytes);
ALLOT_SAME(Header, records_top);
ALLOT_SAME(Header, page_map_capacity);
ALLOT_SAME(Header, agents);
ALLOT_SAME(Header, reserved_spans);
ALLOT_SAME(Header, agent);
ALLOT_SAME(Header, checksum);
ALLOT_SAME(Header, granules);
ALLOT_SAME(Header, last_error);
ALLOT_SAME(Header, last_error_address);
ALLOT_SAME(Header, violation_address);
ALLOT_SAME(Header, lock);
ALLOT_SAME(Agent, room);
ALLOT_SAME(Agent, last_cut);
ALLOT_SAME(Agent, watermark);
ALLOT_SAME(Agent, peak);
ALLOT_SAME(Agent, run_begin);
ALLOT_SAME(Agent, run_end);
ALLOT_SAME(Agent, hints);
ALLOT_SAME(Agent, hint_cap);
ALLOT_SAME(Agent, id);
ALLOT_SAME(Agent, last_length);
ALLOT_SAME(Agent, last);
ALLOT_SAME(Agent, sweep_page);
ALLOT_SAME(Agent, state);
ALLOT_SAME(Agent, front_length);
ALLOT_SAME(Agent, tops);
ALLOT_SAME(Agent, octaves);
ALLOT_SAME(Agent, binned);
ALLOT_SAME(Agent, bins);
ALLOT_SAME(Agent, high);
ALLOT_SAME(Agent, heads);
ALLOT_SAME(Agent, quick_count);
ALLOT_SAME(Agent, quick);
#undef ALLOT_SAME

struct CheckedRecords {
  static constexpr bool trusted = false;
  using Header = CheckedHeader;
  using Agent = CheckedAgent;
  using Pointer = CheckedPointer;
  template <class Address>
  [[gnu::always_inline]] static RacyArray<Address, small_max>& tops(Agent& agent) {
    return reinterpret_cast<RacyArray<Address, small_max>&>(agent.tops);
  }
};

/// The managed memory, reached within its length only.
class CheckedMemory {
 public:
  static constexpr bool stateless = false;
  CheckedMemory() = default;
  explicit CheckedMemory(Reach& reach) : reach_(&reach) {}
  /// Counted as an access: a loop that finds that there is nothing to read must end, too.
  u64 bytes() const {
    reach_->count();
    return reach_->bytes();
  }
  bool grow(u64 pages) const { return reach_->grow(pages); }
  u64 grow_from(u64 pages) const { return reach_->grow_from(pages); }
  void zero(u64 at, u64 n) const {
    reach_->require(at, n);
    __builtin_memset(reach_->base() + at, 0, n);
  }
  void copy(u64 to, u64 from, u64 n) const {
    reach_->require(to, n);
    reach_->require(from, n);
    __builtin_memmove(reach_->base() + to, reach_->base() + from, n);
  }
  Reach& reach() const { return *reach_; }

 private:
  Reach* reach_ = nullptr;
};

/// An image inside a memory that is not trusted.
template <class Address_>
struct CheckedInside {
  using Address = Address_;
  using Ref = RecordRef;
  using Traits = HostTraits;
  using Access = CheckedRecords;
  static constexpr bool inside = true;
  static constexpr bool stateless = false;

  CheckedMemory memory;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(memory.reach().base()); }
  CheckedPointer record_at(RecordRef ref) const { return {memory.reach(), ref}; }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }
  [[noreturn]] void refuse() const { refuse_image(); }
};

}  // namespace allot::host

#undef ALLOT_HARDLY_CALLED
