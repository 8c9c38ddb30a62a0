// Purpose: freeing a block in a page that another agent owns, and collecting what others have freed.
// Floor:   placement. Shared heaps only.
//
//   page record    remote[64]     one bit a granule: this block was freed by somebody who does not own the page
//                  summary        bit i: one of the eight words from remote[8 * i] on may not be 0
//   agent record   remote_mask    bit m: the summary of a page p with p % 64 == m may not be 0
//
// One atomic operation frees the block; two more, at most, tell the owner where to look, and are left out where
// the owner has been told already. Each says the same however often it is done and by whom, so that nothing is
// lost or done twice when agents die, pages change hands or several free at once; docs/threads.md has the proof.
#pragma once

#include <allot/placement/exact.hpp>

namespace allot {

template <class Place>
class Remote : public ExactSearch<Place> {
 public:
  using Base = ExactSearch<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::agent_at;
  using Base::header;
  using Base::is_agent;
  using Base::page_count;
  using Base::record;

  static constexpr u32 words_per_page = granules_per_page / 64;
  // As many as a cache line has: whoever looks at one has them all.
  static constexpr u32 words_told_together = 8;

  /// Frees the live block at `g`, in a page of another agent's. Error: double_free.
  Error free_remotely(Granule g) { return free_if_foreign(g) ? Error::none : Error::double_free; }

  /// Frees the block at `g` if it is live and in a page of an agent's, not this one's. Returns whether it did.
  [[gnu::noinline]] bool free_if_foreign(Granule g) {
    const Pointer page = Base::record_of(g);
    if (!is_agent(Base::owner_of(page))) return false;
    const Pointer start_at = page + Base::bit_byte(g);
    if ((load<u8>(start_at) & load<u8, page_record::live>(start_at) & 1u << (g & 7)) == 0) return false;
    const u32 index = g >> 6 & 63;
    const u64 bit = u64{1} << (g & 63);
    const u64 before = (page + page_record::remote + index * 8).template fetch_or<u64>(bit);
    if (before & bit) return false;
    // Who set the first bit of a word tells of it.
    if (before == 0) tell_owner(page, g >> granule_page_shift, index);
    return true;
  }

  /// Makes sure that the page's owner will look at remote[index].
  void tell_owner(Pointer page, u32 number, u32 index) {
    set_once(page + page_record::summary, u64{1} << index / words_told_together);
    // Asked only now: if the page has changed hands before this, the new owner is told; if after it, the new
    // owner looks at all its pages anyway.
    const u32 owner = (page + page_record::owner).template atomic_get<u32>();
    if (is_agent(owner)) set_once(Base::pointer_to(agent_at(owner - 1).remote_mask), u64{1} << (number & 63));
  }

  /// Takes in what others have freed, if they have told so. Returns how many blocks. O(1) when there is none.
  u32 collect() { return agent().remote_mask == 0 ? 0 : collect_told(); }
  ALLOT_ONCE_UNLESS_SMALL u32 collect_told() {
    const Pointer told = Base::pointer_to(agent().remote_mask);
    u32 blocks = 0;
    // Cleared from above to below: what is freed from now on is told again, or found below.
    for (u64 mask = told.template exchange<u64>(0); mask != 0; mask &= mask - 1)
      for (u32 page = lowest_bit(mask); page < page_count(); page += 64) blocks += collect_page(page);
    return blocks;
  }
  /// The same for every page, told or not.
  [[gnu::noinline]] u32 collect_all() {
    u32 blocks = 0;
    for (u32 page = 0; page < page_count(); ++page) {
      if (Base::is_own(page)) blocks += collect_words(page, 0, words_per_page);
    }
    return blocks;
  }

 private:
  static void set_once(Pointer word, u64 bit) {
    if ((word.template atomic_get<u64>() & bit) == 0) word.template fetch_or<u64>(bit);
  }

  u32 collect_page(u32 number) {
    const Pointer page = record(number);
    if (!Base::is_own(number) || (page + page_record::summary).template atomic_get<u64>() == 0) return 0;
    u32 blocks = 0;
    u64 told = (page + page_record::summary).template exchange<u64>(0);
    if (small_code) return collect_words(number, 0, words_per_page);
    for (; told != 0; told &= told - 1)
      blocks += collect_words(number, lowest_bit(told) * words_told_together, words_told_together);
    return blocks;
  }

  ALLOT_ONCE_IF_SMALL u32 collect_words(u32 number, u32 first, u32 count) {
    u32 blocks = 0;
    const Pointer words = record(number) + page_record::remote;
    for (u32 i = first; i < first + count; ++i)
      if ((words + i * 8).template atomic_get<u64>() != 0) blocks += collect_word(number, i);
    return blocks;
  }

  u32 collect_word(u32 number, u32 index) {
    const Pointer word = record(number) + page_record::remote + index * 8;
    const Granule first = (number << granule_page_shift) + (index << 6);
    u32 blocks = 0;
    for (u64 bits = word.template atomic_get<u64>(); bits != 0;) {
      // The blocks first and the bits behind them: an agent that ends in between loses nothing.
      const u64 taken = small_code || Base::exact() ? 0 : take_back_tiny(number, index, bits);
      blocks += static_cast<u32>(__builtin_popcountll(taken));
      for (u64 left = bits & ~taken; left != 0; left &= left - 1)
        blocks += take_back(first + lowest_bit(left));
      // Whoever set another bit meanwhile found the word not 0, and told nobody.
      bits = word.template fetch_and<u64>(~bits) & ~bits;
    }
    return blocks;
  }

  /// Takes back those of the blocks that end within one load of start bits: nearly all, and their live bits in one
  /// store. Returns which they were.
  u64 take_back_tiny(u32 number, u32 index, u64 bits) {
    const Address words = Base::record_ref(number) + index * 8;
    const Pointer at = Base::at(words);
    const u64 live = load<u64, page_record::live>(at);
    u64 taken = 0;
    Granule sum = 0;
    for (u64 left = bits & live & load<u64>(at); left != 0; left &= left - 1) {
      const u32 i = lowest_bit(left);
      const u64 starts = load<u64>(at + (i >> 3)) >> (i & 7);
      const Granule n = lowest_bit_or_many(starts ^ 1);
      if (n > Base::tiny_max) continue;
      // Hinted at before it is free: nobody but this agent looks.
      Base::push_hint_at((number << granule_page_shift) + (index << 6) + i, n, words + (i >> 3));
      taken |= u64{1} << i;
      sum += n;
    }
    if (taken != 0) store<u64, page_record::live>(at, live ^ taken);
    Base::note_free(sum);
    return taken;
  }

  /// A bit at a place where no live block begins is a program's error that its check could not see.
  u32 take_back(Granule g) {
    if (!Base::is_start(g) || !Base::is_live(g)) return 0;
    const Granule n = Base::size_at(g);
    Base::clear_bit(g, page_record::live);
    Base::note_free(n);
    Base::release(g, n);
    return 1;
  }
};

}  // namespace allot
