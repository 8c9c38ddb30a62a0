// Purpose: making and unmaking blocks of any kind in the bitmaps.
// Floor:   placement.
//
// The invariant that keeps everything else simple: live bits inside a block are 0, but for the marks
// of an extent that is never handed out (two granules after its start) and the words of a long block.
// make() expects nothing but zeros in its range, unmake() leaves nothing but zeros.
//
// The order of the stores: at every instant each live block's own two bits and the start bit where it ends
// are right, so that an agent may be ended between any two of them. What is free needs not be whole then:
// where the next live block begins says how long it is.
#pragma once

#include <allot/placement/bitmaps.hpp>

namespace allot {

/// The shortest extent that can be marked as reserved; metadata extents are longer than small_max, so
/// that no hint for a small block that lay there before can be taken for one.
inline constexpr Granule reserved_min = 3;

template <class Place>
class Extents : public Bitmaps<Place> {
 public:
  using Base = Bitmaps<Place>;
  using Base::Base;

 protected:
  using Base::agent;
  using Base::clear_bit;
  using Base::header;
  using Base::is_live;
  using Base::is_start;
  using Base::record_of;
  using Base::set_bit;
  using Base::set_word;
  using Base::size_at;

  [[gnu::noinline]] void make(Granule g, Granule n, BlockKind kind) {
    set_words(g, n);
    // Marks before the start bit, live bit behind it: nothing looks free, or live, before it is.
    if (kind == BlockKind::reserved) set_bit(g + 2, page_record::live);
    if (kind >= BlockKind::metadata) set_bit(g + 1, page_record::live);
    set_bit(g, page_record::start);
    if (kind == BlockKind::live) set_bit(g, page_record::live);
  }

  [[gnu::noinline]] void unmake(Granule g, Granule n) {
    clear_bit(g, page_record::live);
    clear_words(g, n);
    clear_bit(g, page_record::start);
    // The marks come last: they may share a word with what was cleared above.
    if (n >= reserved_min) {
      clear_bit(g + 1, page_record::live);
      clear_bit(g + 2, page_record::live);
    }
  }

  /// Takes the words out of a block, whose length is then told by the next start bit alone.
  [[gnu::noinline]] void clear_words(Granule g, Granule n) {
    if (n <= small_max) return;
    store<u32>(Base::own_word_at(g, 0), 0);
    store<u32>(Base::own_word_at(g, 2), 0);
    set_lengths(g, n, 0);
  }
  /// Writes its length again after the block has got another end.
  [[gnu::noinline]] void set_words(Granule g, Granule n) {
    if (n > small_max) set_lengths(g, n, n);
  }

  /// The free block at `g`, in no bin, becomes part of what is before it.
  void join(Granule g, Granule n) {
    clear_words(g, n);
    clear_bit(g, page_record::start);
  }

  /// Cuts a block in two after `at` of its n granules; the second is free.
  [[gnu::noinline]] void cut(Granule g, Granule n, Granule at) {
    clear_words(g, n);
    set_bit(g + at, page_record::start);
    set_words(g, at);
    set_words(g + at, n - at);
  }

  /// Whether a free block that may be merged or handed out begins at `g`: not the run, which its agent
  /// is cutting blocks from, and not an extent that is only marked free.
  ALLOT_ONCE_IF_SMALL bool is_free(Granule g) const {
    return g != agent().run_begin && Base::kind_at(g) == BlockKind::free;
  }
  // --- The account ------------------------------------------------------------------------------

  template <class A>
  static u32 live_of(const A& agent) {
    return agent.watermark - agent.room;
  }
  u32 live_granules() const { return agent().watermark - agent().room; }
  void note_live(Granule n) { agent().room -= n; }
  void note_free(Granule n) { agent().room += n; }

  bool run_exists() const { return agent().run_begin != agent().run_end; }

  Granule begin_granule() const {
    if constexpr (Place::inside && Place::Access::trusted)
      return static_cast<Granule>((Base::image() - Base::origin()) >> granule_shift);
    else
      return static_cast<Granule>((header().begin - header().origin) >> granule_shift);
  }

  bool has_next(Granule end) const {
    return (end & (granules_per_page - 1)) != 0 || Base::page_continues(end);
  }
  bool has_previous(Granule g) const {
    if constexpr (Base::shared) {
      if ((g & (granules_per_page - 1)) == 0 && g != begin_granule() && g != header().granules &&
          Base::owner_of(record_of(g)) != Base::owner_of(record_of(g - 1)))
        return false;
    }
    return g != begin_granule() &&
           ((g & (granules_per_page - 1)) != 0 ||
            load<u32>(Base::start_at(g - granules_per_page) + page_record::flags) == 0);
  }

 private:
  ALLOT_ONCE_IF_SMALL void set_lengths(Granule g, Granule n, u32 value) {
    store<u32>(Base::own_word_at(g, 1), value);
    if (n >= footer_min) set_word(Base::last_word(g + n), value);
  }
};

}  // namespace allot
