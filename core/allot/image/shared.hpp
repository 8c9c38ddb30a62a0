// Purpose: reaching the records of an image that several agents use at the same time.
// Floor:   image.
// Why:     every access to a record goes through the types below, so that what the protocol of docs/threads.md
//          asks of the compiler is asked in one place: stores happen in the order in which they are written
//          (an agent may be ended between any two of them), a byte or word that another agent may read
//          meanwhile is written whole, and what needs an atomic operation says so by its name.
//
// A page's start and live bits, an agent's record but for `remote_mask`: one agent writes them, plainly. Lock,
// remote bits, their summaries and masks: atomic operations, sequentially consistent. WebAssembly knows no
// weaker ones, and an atomic store costs what an exchange costs; a plain one of up to 32 bits is never torn.
#pragma once

#include <allot/image/place.hpp>

namespace allot {

#if defined(__SANITIZE_THREAD__)
#define ALLOT_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ALLOT_THREAD_SANITIZER 1
#endif
#endif

/// What a test may put in the way of every access (Steps); here nothing.
struct NoSteps {
  static void before_load(uintptr_t) {}
  static void before_store(uintptr_t) {}
  static void before_atomic(uintptr_t) {}
};

namespace detail {
template <class T>
[[gnu::always_inline]] inline T plain_load(uintptr_t at) {
#ifdef ALLOT_THREAD_SANITIZER
  // Byte by byte, as the machine does in effect where they race: the bytes that matter are the reader's own.
  T value;
  for (u32 i = 0; i < sizeof(T); ++i) {
    const u8 byte = __atomic_load_n(reinterpret_cast<const u8*>(at + i), __ATOMIC_RELAXED);
    __builtin_memcpy(reinterpret_cast<u8*>(&value) + i, &byte, 1);
  }
  return value;
#else
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const void*>(at), sizeof(T));
  return value;
#endif
}
template <class T>
[[gnu::always_inline]] inline void plain_store(uintptr_t at, T value) {
#ifdef __wasm__
  *reinterpret_cast<volatile T*>(at) = value;
#else
  __atomic_store_n(reinterpret_cast<volatile T*>(at), value, __ATOMIC_RELAXED);
#endif
}
}  // namespace detail

/// Where a record lies. Stores must be aligned; loads need not.
template <class Steps>
class SharedPointer {
 public:
  explicit constexpr SharedPointer(uintptr_t at) : at_(at) {}
  [[gnu::always_inline]] friend constexpr SharedPointer operator+(SharedPointer p, uintptr_t n) {
    return SharedPointer(p.at_ + n);
  }
  [[gnu::always_inline]] friend constexpr SharedPointer operator-(SharedPointer p, uintptr_t n) {
    return SharedPointer(p.at_ - n);
  }

  template <class T>
  [[gnu::always_inline]] T get() const {
    Steps::before_load(at_);
    return detail::plain_load<T>(at_);
  }
  template <class T>
  [[gnu::always_inline]] void set(T value) const {
    Steps::before_store(at_);
    detail::plain_store(at_, value);
  }

  // Sequentially consistent.
  template <class T>
  [[gnu::always_inline]] T atomic_get() const {
    Steps::before_atomic(at_);
    return __atomic_load_n(reinterpret_cast<T*>(at_), __ATOMIC_SEQ_CST);
  }
  template <class T>
  [[gnu::always_inline]] void atomic_set(T value) const {
    Steps::before_atomic(at_);
    __atomic_store_n(reinterpret_cast<T*>(at_), value, __ATOMIC_SEQ_CST);
  }
  template <class T>
  [[gnu::always_inline]] T fetch_or(T bits) const {
    Steps::before_atomic(at_);
    return __atomic_fetch_or(reinterpret_cast<T*>(at_), bits, __ATOMIC_SEQ_CST);
  }
  template <class T>
  [[gnu::always_inline]] T fetch_and(T bits) const {
    Steps::before_atomic(at_);
    return __atomic_fetch_and(reinterpret_cast<T*>(at_), bits, __ATOMIC_SEQ_CST);
  }
  template <class T>
  [[gnu::always_inline]] T exchange(T value) const {
    Steps::before_atomic(at_);
    return __atomic_exchange_n(reinterpret_cast<T*>(at_), value, __ATOMIC_SEQ_CST);
  }
  /// Puts `to` there if `from` is there. Returns what was there.
  template <class T>
  [[gnu::always_inline]] T compare_exchange(T from, T to) const {
    Steps::before_atomic(at_);
    __atomic_compare_exchange_n(reinterpret_cast<T*>(at_), &from, to, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return from;
  }
  uintptr_t raw() const { return at_; }

 private:
  uintptr_t at_;
};

// The core's load and store for this kind of pointer, by which they are found.
template <class T, class Steps>
[[gnu::always_inline]] inline T load(SharedPointer<Steps> at) {
  return at.template get<T>();
}
template <class T, class Steps>
[[gnu::always_inline]] inline void store(SharedPointer<Steps> at, T value) {
  at.template set<T>(value);
}

template <class T, u32 distance, class Steps>
[[gnu::always_inline]] inline T load(SharedPointer<Steps> at) {
#if defined(__wasm__)
  return load<T, distance>(at.raw());
#else
  return (at + distance).template get<T>();
#endif
}
template <class T, u32 distance, class Steps>
[[gnu::always_inline]] inline void store(SharedPointer<Steps> at, T value) {
#if defined(__wasm__)
  *reinterpret_cast<volatile T*>(reinterpret_cast<char*>(at.raw()) + distance) = value;
#else
  (at + distance).template set<T>(value);
#endif
}

/// A field of the header or of an agent's record.
template <class T, class Steps>
class Cell {
 public:
  Cell() = delete;
  Cell(const Cell&) = delete;
  [[gnu::always_inline]] operator T() const {  // NOLINT: used like a number
    Steps::before_load(reinterpret_cast<uintptr_t>(&value_));
#ifdef __wasm__
    return value_;
#else
    return __atomic_load_n(&value_, __ATOMIC_RELAXED);
#endif
  }
  [[gnu::always_inline]] Cell& operator=(T value) {
    Steps::before_store(reinterpret_cast<uintptr_t>(&value_));
    detail::plain_store(reinterpret_cast<uintptr_t>(&value_), value);
    return *this;
  }
  [[gnu::always_inline]] Cell& operator=(const Cell& other) {
    return *this = static_cast<T>(other);
  }  // NOLINT: itself is harmless
  [[gnu::always_inline]] Cell& operator+=(T by) { return *this = static_cast<T>(T{*this} + by); }
  [[gnu::always_inline]] Cell& operator-=(T by) { return *this = static_cast<T>(T{*this} - by); }
  [[gnu::always_inline]] Cell& operator&=(T by) { return *this = static_cast<T>(T{*this} & by); }
  [[gnu::always_inline]] Cell& operator|=(T by) { return *this = static_cast<T>(T{*this} | by); }
  [[gnu::always_inline]] Cell& operator++() { return *this += 1; }
  [[gnu::always_inline]] Cell& operator--() { return *this -= 1; }
  [[gnu::always_inline]] T operator++(int) {
    const T value = *this;
    *this = static_cast<T>(value + 1);
    return value;
  }

 private:
  T value_;
};

/// What the records below are made of: here of plain cells. A native host that does not trust them has others, of the
/// same size, that look at every index.
template <class Steps>
struct SharedCells {
  template <class T>
  using Field = Cell<T, Steps>;
  template <class T, u32 n>
  using Array = Cell<T, Steps>[n];
  using Shift = Cell<u8, Steps>;  // how far something is shifted
};

/// allot::Header, field for field; what is named otherwise has another meaning in a shared heap.
template <class Cells>
struct SharedHeader {
  template <class T>
  using F = typename Cells::template Field<T>;
  using Shift = typename Cells::Shift;
  F<u64> magic;
  F<u32> version, header_bytes;
  F<u64> self;
  F<u8> address_bytes, outside, policy, flags;
  F<u32> record_bytes;
  Shift borrow_shift;
  F<u8> borrow_add;
  Shift eager_shift, step_shift;
  F<u32> grow_count;
  F<u64> old_map;  // the page map before this one
  F<u64> origin, begin, end, maximum, quota, top, owned_end, page_map;
  F<u64> room;  // Ref of the first unused byte for records
  F<u64> room_bytes;  // how many there are
  F<u64> managed_bytes, metadata_bytes, reserved_bytes, records_top;
  F<u32> page_map_capacity, agents, reserved_spans;
  F<u32> old_capacity;  // of the page map before this one
  typename Cells::template Array<u64, agent_capacity> agent;
  F<u64> checksum;
  F<u32> granules, last_error;
  F<u64> last_error_address, violation_address;
  F<u32> lock;
  F<u32> free_run;  // first page of the lowest run of free pages, plus 1; 0: none
  F<u32> free_pages;  // free pages in all
  F<u32> growing;  // pages that the memory is to have; 0 but while it grows
};

/// allot::Agent, field for field, and what an agent of a shared heap has besides.
template <class Cells>
struct SharedAgent {
  template <class T>
  using F = typename Cells::template Field<T>;
  template <class T, u32 n>
  using Array = typename Cells::template Array<T, n>;
  F<u64> hints;
  F<u16> hint_cap;
  F<u8> id, last_length;
  F<Granule> last;
  F<u32> room, last_cut, watermark, peak;
  F<Granule> run_begin, run_end;
  F<u32> sweep_page, state;
  F<Granule> front;
  F<u32> front_length;
  Array<u64, small_max> tops;
  F<u32> octaves, binned;
  Array<u16, 26> bins;
  F<u32> high;
  Array<u32, bin_count> heads;
  Array<u8, quick_bins + 8> quick_count;
  Array<u64, quick_bins * quick_depth> quick;

  F<u32> pending;  // granule + 1 of the block that is being allocated
  F<u32> share;  // granules that this agent may have live without asking
  F<u32> pages;  // that it owns
  F<u32> kept;  // granules in them that are records or reserved
  F<u32> reserved;  // those that are reserved
  F<u32> may_block;  // 1: it may wait in the engine
  F<u32> missed;  // 1: it could not have the lock for what it is allocating
  F<u32> adopter;  // state 4: number + 1 of the agent that adopts it
  F<u32> lives;  // how many agents have had this record before
  Array<u32, 7> spares;  // 0; keeps the next field, which others write, away from those above
  F<u64> remote_mask;  // bit p % 64: in a page p of this agent's there may be blocks that others have freed
  F<u32> identity;  // the first agent's: see image/words.def
  Array<u32, 13> spare_end;
};
inline constexpr u32 shared_agent_bytes = sizeof(Agent) + 128;

/// Whether records of these cells lie as the image has them.
template <class Cells>
constexpr bool shared_records_fit() {
  using H = SharedHeader<Cells>;
  using A = SharedAgent<Cells>;
  static_assert(sizeof(H) == sizeof(Header) && sizeof(A) == shared_agent_bytes);
  // The first agent's record lies behind the header.
  static_assert(sizeof(Header) + offsetof(A, identity) == image_word::shared_identity);
#define ALLOT_SAME(Shared, record, field) static_assert(offsetof(Shared, field) == offsetof(record, field))
  ALLOT_SAME(H, Header, record_bytes);
  ALLOT_SAME(H, Header, origin);
  ALLOT_SAME(H, Header, page_map);
  ALLOT_SAME(H, Header, managed_bytes);
  ALLOT_SAME(H, Header, page_map_capacity);
  ALLOT_SAME(H, Header, agent);
  ALLOT_SAME(H, Header, checksum);
  ALLOT_SAME(H, Header, granules);
  ALLOT_SAME(H, Header, last_error);
  ALLOT_SAME(H, Header, last_error_address);
  ALLOT_SAME(H, Header, lock);
  ALLOT_SAME(A, Agent, hint_cap);
  ALLOT_SAME(A, Agent, id);
  ALLOT_SAME(A, Agent, last_length);
  ALLOT_SAME(A, Agent, last);
  ALLOT_SAME(A, Agent, room);
  ALLOT_SAME(A, Agent, run_begin);
  ALLOT_SAME(A, Agent, hints);
  ALLOT_SAME(A, Agent, state);
  ALLOT_SAME(A, Agent, front_length);
  ALLOT_SAME(A, Agent, tops);
  ALLOT_SAME(A, Agent, octaves);
  ALLOT_SAME(A, Agent, heads);
  ALLOT_SAME(A, Agent, quick);
#undef ALLOT_SAME
  return true;
}
static_assert(shared_records_fit<SharedCells<NoSteps>>());

template <class Steps = NoSteps>
struct SharedRecords {
  static constexpr bool trusted = true;
  using Header = SharedHeader<SharedCells<Steps>>;
  using Agent = SharedAgent<SharedCells<Steps>>;
  using Pointer = SharedPointer<Steps>;
};

/// What a build for shared heaps is able to do.
struct SharedTraits : AllTraits {
  static constexpr bool shared = true;
};

/// Records in the managed memory, which several agents use. Each has a place of its own: it says which agent
/// it is. `Wait` is how an agent waits that may: wait(address of a u32, value while it is to wait,
/// milliseconds at most), wake(address) and pause(), a hint that this is a loop.
template <ManagedMemory Memory_, class Address_, class Wait_, class Traits_ = SharedTraits,
          class Steps = NoSteps>
struct SharedInside {
  using Address = Address_;
  using Ref = Address_;
  using Traits = Traits_;
  using Access = SharedRecords<Steps>;
  using Wait = Wait_;
  static constexpr bool inside = true;
  static constexpr bool stateless = false;

  [[no_unique_address]] Memory_ memory;
  mutable RecordRef own_agent = 0;
  mutable u32 own_tag = page_record::nobody;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(memory.base()); }
  typename Access::Pointer record_at(RecordRef ref) const {
    return typename Access::Pointer(record_base() + static_cast<uintptr_t>(ref));
  }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }

  /// The Ref of this agent's record; 0: not attached.
  RecordRef agent_ref() const { return own_agent; }
  /// What its pages say of their owner; nobody's while it is not attached.
  u32 owner_tag() const { return own_tag; }
  void set_agent(RecordRef ref, u32 tag) const {
    own_agent = ref;
    own_tag = tag;
  }
};

/// The same for a wasm module whose instances are one agent each. `State` reaches what an instance has for itself:
/// agent(), tag() and set(agent, tag), all of them static. It must not lie in the memory, which others have too.
template <ManagedMemory Memory_, class Address_, class Wait_, class State, class Traits_ = SharedTraits>
struct SharedModule {
  using Address = Address_;
  using Ref = Address_;
  using Traits = Traits_;
  using Access = SharedRecords<>;
  using Wait = Wait_;
  static constexpr bool inside = true;
  static constexpr bool stateless = true;
  static_assert(Memory_::stateless);

  [[no_unique_address]] Memory_ memory;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(memory.base()); }
  typename Access::Pointer record_at(RecordRef ref) const {
    return typename Access::Pointer(record_base() + static_cast<uintptr_t>(ref));
  }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }
  RecordRef agent_ref() const { return State::agent(); }
  u32 owner_tag() const { return State::tag(); }
  void set_agent(RecordRef ref, u32 tag) const { State::set(static_cast<Address>(ref), tag); }
};

}  // namespace allot
