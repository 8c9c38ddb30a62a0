// Purpose: the same way as in checked.hpp to the records of an image that several agents use at once.
// Floor:   door host.
//
// The other agents change the records at any moment, some of them as the protocol of docs/threads.md says, and
// some perhaps as they like. So besides what is said in checked.hpp:
//
//   * Whole words are written whole, and in the order of the code; loads are of bytes that may change meanwhile.
//   * An atomic operation needs a multiple of its size; one at any other address throws.
//   * A record of another agent is compared with the memory's length each time that it is looked up, this
//     agent's own when it becomes its own: a memory that several share never gets shorter, and never moves.
//   * All waits of one operation together last so long at most: Reach::set_patience.
#pragma once

#include <allot/host/checked.hpp>
#include <allot/image/shared.hpp>
#if defined(__linux__)
#include <allot/memory/shared_mapping.hpp>
#else
#include <chrono>
#include <thread>
#endif

namespace allot::host {

/// Where a record lies: what the core has instead of a pointer.
class CheckedSharedPointer {
 public:
  CheckedSharedPointer(Reach& reach, u64 offset) : reach_(&reach), offset_(offset) {}
  friend CheckedSharedPointer operator+(CheckedSharedPointer p, u64 n) { return {*p.reach_, p.offset_ + n}; }

  template <class T>
  T get() const {
    return once(allot::detail::plain_load<T>(reinterpret_cast<uintptr_t>(reach_->at<sizeof(T)>(offset_))));
  }
  template <class T>
  void set(T value) const {
    const auto at = reinterpret_cast<uintptr_t>(reach_->at<sizeof(T)>(offset_));
    if (at % sizeof(T) == 0) return allot::detail::plain_store(at, value);
    // No other agent writes any of these bytes.
    for (u32 i = 0; i < sizeof(T); ++i)
      allot::detail::plain_store(at + i, static_cast<u8>(u64{value} >> 8 * i));
  }

  // Sequentially consistent.
  template <class T>
  T atomic_get() const {
    return __atomic_load_n(word<T>(), __ATOMIC_SEQ_CST);
  }
  template <class T>
  void atomic_set(T value) const {
    __atomic_store_n(word<T>(), value, __ATOMIC_SEQ_CST);
  }
  template <class T>
  T fetch_or(T bits) const {
    return __atomic_fetch_or(word<T>(), bits, __ATOMIC_SEQ_CST);
  }
  template <class T>
  T fetch_and(T bits) const {
    return __atomic_fetch_and(word<T>(), bits, __ATOMIC_SEQ_CST);
  }
  template <class T>
  T exchange(T value) const {
    return __atomic_exchange_n(word<T>(), value, __ATOMIC_SEQ_CST);
  }
  /// Puts `to` there if `from` is there. Returns what was there.
  template <class T>
  T compare_exchange(T from, T to) const {
    __atomic_compare_exchange_n(word<T>(), &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return from;
  }

  /// What the core hands on to HostWait.
  [[nodiscard]] CheckedSharedPointer raw() const { return *this; }
  /// Where it lies in this program.
  template <class T>
  [[nodiscard]] T* word() const {
    u8* const at = reach_->at<sizeof(T)>(offset_);
    if (reinterpret_cast<uintptr_t>(at) % sizeof(T) != 0) refuse_image();
    return reinterpret_cast<T*>(at);
  }
  [[nodiscard]] Reach& reach() const { return *reach_; }

 private:
  Reach* reach_;
  u64 offset_;
};

// The core's load and store for this kind of pointer, by which they are found.
template <class T>
inline T load(CheckedSharedPointer at) {
  return at.get<T>();
}
template <class T>
inline void store(CheckedSharedPointer at, T value) {
  at.set<T>(value);
}
template <class T, u32 distance>
inline T load(CheckedSharedPointer at) {
  return (at + distance).template get<T>();
}
template <class T, u32 distance>
inline void store(CheckedSharedPointer at, T value) {
  (at + distance).template set<T>(value);
}

/// What the records are made of. (A cell reads and writes its number as a whole, each time that it is used.)
struct CheckedCells {
  template <class T>
  using Field = Cell<T, NoSteps>;
  template <class T, u32 n>
  using Array = CheckedArray<Cell<T, NoSteps>, n>;
  using Shift = RacyShift;
};
static_assert(shared_records_fit<CheckedCells>());

struct CheckedSharedRecords {
  static constexpr bool trusted = false;
  using Header = SharedHeader<CheckedCells>;
  using Agent = SharedAgent<CheckedCells>;
  using Pointer = CheckedSharedPointer;
};

/// How the host waits while another agent holds the lock. Native agents wake each other by futex; JavaScript's and
/// a guest's are woken by their engine and wake nobody here, so that the word is looked at every millisecond.
struct HostWait {
  static void wait(CheckedSharedPointer at, u32 value, u32 milliseconds) {
    // Nobody can hold it who is no agent, and so nobody will give it back.
    if ((value & ~waited_for) > attaching_agent + 1) refuse_image();
    u32* const word = at.word<u32>();
    for (; milliseconds != 0 && at.reach().take_wait(); --milliseconds) {
#if defined(__linux__)
      FutexWait::wait(reinterpret_cast<uintptr_t>(word), value, 1);
#else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
#endif
      if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value) return;
    }
  }
  static void wake([[maybe_unused]] CheckedSharedPointer at) {
#if defined(__linux__)
    FutexWait::wake(reinterpret_cast<uintptr_t>(at.word<u32>()));
#endif
  }
  static void pause() {
#if defined(__linux__)
    FutexWait::pause();
#endif
  }

 private:
  static constexpr u32 waited_for = 0x80000000u;
};

/// An image inside a memory that is not trusted and that several agents use. Each has a place of its own, which says
/// which agent it is. The memory's base is fixed.
template <class Address_>
struct CheckedSharedInside {
  using Address = Address_;
  using Ref = RecordRef;
  using Traits = SharedTraits;
  using Access = CheckedSharedRecords;
  using Wait = HostWait;
  static constexpr bool inside = true;
  static constexpr bool stateless = false;

  CheckedMemory memory;
  mutable RecordRef own_agent = 0;
  mutable u32 own_tag = page_record::nobody;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(memory.reach().base()); }
  CheckedSharedPointer record_at(RecordRef ref) const { return {memory.reach(), ref}; }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }
  [[noreturn]] void refuse() const { refuse_image(); }

  RecordRef agent_ref() const { return own_agent; }
  u32 owner_tag() const { return own_tag; }
  void set_agent(RecordRef ref, u32 tag) const {
    if (tag != page_record::nobody) require_agent(ref);
    own_agent = ref;
    own_tag = tag;
  }
  /// What an agent's record must be to be one: all of it in the memory.
  void require_agent(RecordRef ref) const {
    if (ref == 0 || ref % granule_bytes != 0) refuse_image();
    memory.reach().require_record(ref, sizeof(Access::Agent));
  }
};

}  // namespace allot::host
