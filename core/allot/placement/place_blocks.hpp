// Purpose: the order in which a block is looked for, and what is done with the rest of it.
// Floor:   placement.
//
//   small (up to 128 granules)                 long
//   1. its own stack of hints                  1. a block of about its size that was freed lately
//   2. borrow: the stacks of slightly larger   2. its bin and the bins above, the best of a few
//      sizes; the block keeps its size (but    3. the run
//      see place_anew)
//   3. the run, a long free block from whose   4. sweep some pages: merge, and look again
//      low end small blocks are cut            5. grow
//   4. split a larger small block              6. merge everything, look again, give up
//   5. a long free block becomes the run
//   6. sweep, grow, merge everything, give up
//
// Allocation functions return a granule, or ~error (at or above granule_limit): one scalar.
#pragma once

#include <allot/placement/agents.hpp>
#include <allot/placement/shrink.hpp>

namespace allot {

template <class Place>
class PlaceBlocks : public Below<Place, Shrink<Place>, Agents<Place>> {
 public:
  using Base = Below<Place, Shrink<Place>, Agents<Place>>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;

 protected:
  using Base::agent;
  using Base::at;
  using Base::exact;
  using Base::header;
  using Base::record;
  using Base::size_at;

  static constexpr bool failed(Granule g) { return g >= granule_limit; }
  static constexpr Granule failure(Error error) { return ~static_cast<u32>(error); }
  static constexpr Error error_of(Granule g) { return static_cast<Error>(~g); }

  /// A block of `c` granules or slightly more, c >= 1.
  [[gnu::always_inline]] Granule place_block(Granule c) {
    Granule g = 0;
    if (c <= Base::tiny_max && place_again(c, g)) [[likely]]
      return g;
    return returned(place_small_or_grow(c));
  }

  /// A block, or why there is none, is about to be returned.
  Granule returned(Granule g) {
    if constexpr (Base::shared) {
      auto& a = agent();
      if (a.missed != 0) [[unlikely]] {
        a.missed = 0;
        if (failed(g)) g = failure(Error::lock_held);
      }
      a.pending = 0;
    }
    return g;
  }

  /// Who dies with a block in its hands that nobody else knows of says which it was.
  [[gnu::always_inline]] void begin_block(Granule g) {
    if constexpr (Base::shared) agent().pending = g + 1;
  }

  /// The hot path: a block of exactly `c` granules, up to tiny_max, that was freed lately. Returns whether there is
  /// one; changes nothing but the next guess when not.
  [[gnu::always_inline]] bool place_again(Granule c, Granule& g) {
    return try_hint<true>(c, g) == Hint::held;
  }
  /// The same for more than tiny_max and up to small_max granules.
  [[gnu::always_inline]] bool place_short_again(Granule c, Granule& g) {
    return try_hint<true, false>(c, g) == Hint::held;
  }

  enum class Hint { held, none, stale };
  /// Takes the block at the topmost hint of a size; `tiny`: one that one load of start bits sees. Changes nothing but
  /// the next guess when there is no hint, or it does not hold, or the quota has no room for the block.
  /// `at_once`: nothing else is done before the block is returned; the watermark is not raised for it either.
  template <bool at_once, bool tiny = true>
  [[gnu::always_inline]] Hint try_hint(Granule size, Granule& found) {
    auto& a = agent();
    const Address top = Base::top(a, size);
    const auto place = at(top);
    if (!Base::sees(place)) [[unlikely]]
      return Hint::none;
    const Address bits = Base::hinted_bits(place);
    if (bits == Base::stack_end) [[unlikely]]
      return Hint::none;
    Granule g = Base::hinted(place);
    Address start_ref = bits;
    if constexpr (!Place::Access::trusted) {  // as Hints::start_byte
      const auto entry = Base::page_entry(g >> granule_page_shift);
      if (!Base::sees(entry)) [[unlikely]]
        return Hint::none;
      start_ref = load<Address>(entry) + Base::bit_byte(g);
    }
    const auto start_at = at(start_ref);
    if (!Base::sees(start_at)) [[unlikely]]
      return Hint::none;
    // (Not in a shared heap: other agents read the line of the cache in which the first one's `last` lies.)
    if constexpr (at_once && !small_code && !Base::shared) {
      // What was freed is often allocated again at once, and freed again, and so on. That no such pair need wait for the
      // hint of the one before it, which lies where free finds only when it has looked up the block's page, bits and
      // length, the processor is to guess it: a comparison, unlike a value, is foretold.
      const Granule last = a.last;
      const Granule same = opaque(last);
      if (last == g)
        g = same;
      else
        a.last = g;
      if constexpr (Base::foretells_length && tiny) a.last_length = static_cast<u8>(size);
    }
    const u32 shift = g & 7;
    const u64 starts = load<u64>(start_at) >> shift;
    const u32 live = load<u8, page_record::live>(start_at);
    const u32 bit = 1u << shift;
    u32 room = a.room - size;
    // The block begins at g, ends at g + size, and is free.
    const Granule n = tiny                ? lowest_bit_or_many(starts ^ 1)
                      : (starts & 1) != 0 ? Base::size_from(start_at, g, starts)
                                          : 0;
    if (n != size || (live & bit) != 0) [[unlikely]]
      return Hint::stale;
    if (static_cast<i32>(room) < 0) [[unlikely]] {
      if (at_once || !raises_watermark(size)) return Hint::stale;
      room = 0;
    }
    if constexpr (Base::shared && !at_once) begin_block(g);
    Base::set_top(a, size, top - Base::place_bytes);
    a.room = room;
    // The last store: who dies before it has not allocated, and after it the block is returned.
    store<u8, page_record::live>(start_at, static_cast<u8>(live | bit));
    found = g;
    return Hint::held;
  }

  /// How many granules may be live: this agent's share of the quota.
  [[gnu::always_inline]] u64 most_live(const Agent& a) const {
    if constexpr (Base::shared)
      return a.share;
    else
      return header().quota >> granule_shift;
  }
  /// Where there is no room for c granules: raises the watermark to what is live with them, and the peak, if the agent need not
  /// ask for a larger share for that: what it comes to at each request while a program takes more and more. Returns
  /// whether it has; changes nothing when not.
  [[gnu::always_inline]] bool raises_watermark(Granule c) {
    if (small_code) return false;
    auto& a = agent();
    const u32 more = c - a.room;
    const u64 to = u64{a.watermark} + more;
    if (to > most_live(a)) return false;
    // Whoever looks on sees too much live for a moment, not less than nothing.
    if (to > a.peak) a.peak = static_cast<u32>(to);
    a.watermark = static_cast<u32>(to);
    a.room += more;
    return true;
  }

  /// Borrows: the block at a hint of the smallest size in [c, most] that has one that holds, most <= tiny_max and within
  /// the quota. Drops those that do not hold. Returns whether there is one.
  [[gnu::always_inline]] bool place_near(Granule c, Granule most, Granule& g) {
    for (Granule size = c; size <= most;) {
      const Hint hint = try_hint<false>(size, g);
      if (hint == Hint::held) return true;
      if (hint == Hint::none)
        ++size;
      else
        Base::set_top(size, Base::top(size) - Base::place_bytes);
    }
    return false;
  }

  Granule place_slow(Granule c) {
    return small_code || c <= small_max ? place_small_or_grow(c) : place_long_or_grow(c);
  }

  /// (In small code for long ones, too.)
  [[gnu::noinline]] Granule place_small_or_grow(Granule c) {
    Granule g;
    do g = place_small_within_quota(c);
    while (frees_for(g));
    return g;
  }
  /// Shared heaps: whether a request that got `g` is worth another try, since what others have freed of this agent's, or of
  /// one's that has gone, is no longer counted: it may have been what the quota lacked.
  [[gnu::always_inline]] bool frees_for(Granule g) {
    if constexpr (Base::shared) {
      return g == failure(Error::quota_exceeded) && (small_code || agent().missed == 0) &&
             (Base::collect_told() != 0 || Base::adopt_orphans());
    }
    return false;
  }
  [[gnu::always_inline]] Granule place_small_within_quota(Granule c) {
    Granule g = granule_limit;
    if (!exact() && !Base::merges_at_once()) {
      if (!small_code) g = place_anew(c);
      if (g == granule_limit && !(Base::shared && has_no_hint(c) && wants_run(c))) g = place_borrowed(c);
    }
    if (g != granule_limit) return g;
    // What others have freed is looked at only now, so that it is more at a time: a look costs misses of the cache. But
    // before more of the run is cut: else who takes what others give back would never see that.
    if constexpr (Base::shared) return place_collected(c);
    g = small_code ? place_free(c) : place_small(c);
    return g != granule_limit ? g : place_harder(c);
  }
  ALLOT_ONCE_UNLESS_SMALL Granule place_collected(Granule c) {
    Granule g = granule_limit;
    if (Base::collect() != 0 && !exact()) g = place_borrowed(c);
    if (g == granule_limit) g = small_code ? place_free(c) : place_small(c);
    return g != granule_limit ? g : place_harder(c);
  }
  /// A block of exactly c granules, where borrowing one is the worse choice: borrowed blocks keep their sizes, so that where
  /// enough of them are at hand there will never be more of the size that is asked for, and each request misses its own
  /// stack, on which no branch is foreseen. granule_limit where borrowing comes first, or its own stack is not empty.
  Granule place_anew(Granule c) {
    if (!has_no_hint(c)) return granule_limit;
    if (!Base::shared && wants_run(c)) return cut_run(c);
    // A second page is there for having blocks of all sizes at hand, unless memory is what counts.
    if constexpr (!Base::shared) {
      if (!Base::is_tight() && (Base::page_count() <= 2 || has_memory()) && has_run(c)) return cut_run(c);
    }
    // The shortest blocks are those that borrowing makes the most too long. One of 64 is cut from a long one, of which
    // there are too many then. (Not where there is but one size: Growth::widen_hints.)
    if (c <= hint_many_max && Base::live_granules() % 64 == 0 &&
        (agent().hint_cap != first_hint_cap || Base::page_count() < 4)) {
      if (const u64 found = Base::pop_hint(Base::slack_limit(c) + 1, small_max))
        return take_row(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    return granule_limit;
  }
  /// Whether the stack of a size is empty.
  bool has_no_hint(Granule c) const { return Base::hinted_bits(at(Base::top(c))) == Base::stack_end; }
  /// Whether c granules had better be cut from the run, which has them, than borrowed.
  bool wants_run(Granule c) const {
    if (small_code) return false;
    const auto& a = agent();
    const Granule run = a.run_end - a.run_begin;
    // What is asked for in rows is cut in rows: were it borrowed, the near sizes would run out one after the other.
    if (c <= batch_granules / 4 && run >= c + batch_granules + small_max && is_cut_lately(c)) return true;
    return run > c + small_max && grows_by(c);
  }
  /// Whether there is more live than ever with c granules more, and next to nothing free that could be borrowed: then
  /// looking for it is in vain, most of the time.
  bool grows_by(Granule c) const {
    return static_cast<i32>(agent().room) < static_cast<i32>(c) &&
           u64{scattered()} * 64 < Base::live_granules();
  }
  /// Whether c granules may be cut from the run, or from a free block of a quarter of a page, which then becomes the run.
  bool has_run(Granule c) {
    auto& a = agent();
    if (a.run_end - a.run_begin > c + small_max) return true;
    const u64 found = Base::bin_find(8 * small_max, 1);
    if (found == 0) return false;
    Base::close_run();
    open_run(static_cast<Granule>(found), static_cast<Granule>(found >> 32));
    return true;
  }

  /// A block from its own stack, or one of the stacks of slightly larger sizes; granule_limit if there is none.
  Granule place_borrowed(Granule c) {
    Granule most = Base::slack_limit(c);
    if (most > small_max) most = small_max;
    Granule from = c;
    Granule g = 0;
    if (!small_code && c <= Base::tiny_max && has_room()) {
      if (place_near(c, most < Base::tiny_max ? most : Base::tiny_max, g)) return g;
      from = Base::tiny_max + 1;
    }
    if (from <= most) {
      if (const u64 found = Base::pop_hint(from, most))
        return take_fitting(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    return granule_limit;
  }
  /// Whether any tiny block is within the quota.
  bool has_room() const {
    const auto& a = agent();
    if (static_cast<i32>(a.room) >= static_cast<i32>(Base::tiny_max)) return true;
    return u64{Base::live_granules()} + Base::tiny_max <= most_live(a);
  }
  [[gnu::noinline]] Granule place_long_or_grow(Granule c) {
    // A block of its size that was freed lately, most of the time.
    Granule g = 0;
    if (!exact() && c <= Base::quick_longest && place_long_again<false>(c, g)) return g;
    return place_long_otherwise(c);
  }
  /// Where place_long_again has found none.
  [[gnu::noinline]] Granule place_long_otherwise(Granule c) {
    Granule g;
    do g = place_long_within_quota(c);
    while (frees_for(g));
    return g;
  }
  [[gnu::always_inline]] Granule place_long_within_quota(Granule c) {
    const bool quick = !exact() && c <= Base::quick_longest;
    if constexpr (Base::shared) {
      Granule g = 0;
      if (Base::collect() != 0 && quick && place_long_again<false>(c, g)) return g;
    }
    if (exact()) return place_long_anew(c);
    const Granule rounded = quick ? Base::round_long(c) : Base::round_huge(c);
    if (quick) {
      if (const u64 found = Base::quick_take_above(rounded))
        return take_fitting(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    // (Less than c where it has too many bits.)
    if (rounded > c && within_quota(rounded)) {
      const Granule g = place_long_anew(rounded);
      // What the rounding added may be just what there is not.
      if (!failed(g)) return g;
    }
    return place_long_anew(c);
  }
  [[gnu::noinline]] Granule place_long_anew(Granule c) {
    const Granule g = place_long(c);
    return g != granule_limit ? g : place_harder(c);
  }

  /// place_again for a long block, small_max < c <= quick_longest. `at_once`: as try_hint.
  template <bool at_once>
  [[gnu::always_inline]] bool place_long_again(Granule c, Granule& g) {
    const Granule width = Base::bin_width(c);
    c = Base::round_long(c);
    auto& a = agent();
    Granule n = a.front_length;
    u32 room = a.room - n;
    if (n - c < width && static_cast<i32>(room) >= 0) {
      a.front_length = 0;
      g = a.front;
    } else {
      const u64 found = Base::quick_first(c);
      n = static_cast<Granule>(found >> 32);
      room = a.room - n;
      // Without rounding the block may be too short.
      if ((Base::merges_at_once() ? n < c : found == 0) || static_cast<i32>(room) < 0) [[unlikely]]
        return false;
      Base::quick_pop(Base::bin_of(c));
      g = static_cast<Granule>(found);
    }
    a.room = room;
    if constexpr (Base::shared && !at_once) begin_block(g);
    // The last store, as in try_hint.
    Base::set_bit(g, page_record::live);
    return true;
  }

  /// A block for one that has grown to c granules, roomy_from or more, and had to move: what has grown is likely to grow
  /// on. It comes to lie inside one of the longest free blocks, at a multiple of a power of two between a quarter and half
  /// of that block's length. So what grows side by side comes to lie far apart, as buddies do (K. C. Knowlton, 1965).
  /// granule_limit where no free block is several times as long.
  [[gnu::noinline]] Granule place_roomy(Granule c) {
    const u32 bin = exact() ? bin_count : Base::last_bin();
    if (bin == bin_count) return granule_limit;
    Granule g = agent().heads[bin] - 1;
    Granule n = size_at(g);
    if (n / roomy_times < c) return granule_limit;
    Base::bin_remove(g, n);
    const Granule step = Granule{1} << (highest_bit(n) - 1);
    const Granule below = (0 - g) & (step - 1);
    if (below != 0) {
      Base::cut(g, n, below);
      Base::file(g, below);
      g += below;
      n -= below;
    }
    return take_part(g, n, c);
  }
  /// Copying shorter ones costs little, and long free blocks are better kept whole.
  static constexpr Granule roomy_from = 4 * granules_per_page;
  static constexpr Granule roomy_times = 8;

  /// Takes memory so that a block of a page or more may grow by `more` granules where it is, if it is the last one and
  /// ends at `end`, and if a block of c granules, as long as it becomes, would not be found without taking memory
  /// either. Returns whether it has.
  [[gnu::noinline]] bool take_behind(Granule end, Granule more, Granule c) {
    if (end + Base::tail_free() != header().granules || !within_quota(more)) return false;
    if (!exact()) Base::flush_quick();
    if (sweeping_pays(more) || Base::bin_find(c, 8) != 0) return false;
    // As much at once as when the heap grows for a new block, if there is as much.
    const Granule part = (Base::page_count() >> Base::step_shift()) << granule_page_shift;
    const Granule to = end + more;
    if (to < end) return false;
    return (part != 0 && to + part > to && Base::extend_to(to + part)) || Base::extend_to(to);
  }

  /// A block from what is free, or granule_limit.
  Granule place_free(Granule c) { return c <= small_max ? place_small(c) : place_long(c); }

  /// Nothing free fits as it is.
  ALLOT_ONCE_UNLESS_SMALL Granule place_harder(Granule c) {
    // Before anything is merged or grown for it.
    if (!within_quota(c)) return failure(Error::quota_exceeded);
    if (!exact()) {
      if (Base::flush_quick()) {
        const Granule g = place_free(c);
        if (g != granule_limit) return g;
      }
      // Merging is lazy, so that the heap grows only after a look at what could be merged: up to 32 pages
      // for every page that it is about to grow by. The cost of sweeping is so bounded by that of the new
      // pages, and memory that lies idle is found before it has doubled. Long blocks are merged when they
      // leave their places; sweeping pays where enough small ones were freed. (See pages_swept_for.)
      const u32 step = Base::step_for(c);
      const bool pays =
          small_code ? c <= small_max : sweeping_pays(step << granule_page_shift) && !takes_before_sweeping();
      if (pays && Base::sweep(c, small_code ? 32 * step : pages_swept_for(step))) {
        const Granule g = place_free(c);
        if (g != granule_limit) return g;
      }
    }
    if constexpr (Base::shared) agent().missed = 0;
    while (Base::extend(c)) {
      const Granule g = place_free(c);
      if (g == granule_limit) continue;
      // Only now: what was taken is for the block first. Who grows for long blocks needs no more hints.
      if (!small_code && c <= small_max) Base::widen_hints();
      return g;
    }
    return place_last(c);
  }

  /// How many pages are swept before the heap grows by `step` pages: 32 for each, but no more than in a heap of 16 MiB, so that
  /// no single request looks at all of a long heap.
  u32 pages_swept_for(u32 step) const {
    u32 most = 256 >> Base::step_shift();
    if (most == 0) most = 1;
    return 32 * (step < most ? step : most);
  }

  /// Whether there may be enough to merge for it to be worth while before `more` granules are taken.
  bool sweeping_pays(Granule more) const { return u64{scattered()} * 16 >= more; }

  /// Whether memory is taken before what is scattered is merged: a second page, as with it a hundred blocks have so many
  /// free ones around that nearly every request finds one of its size (but not for a few that are short: with them a page
  /// has enough); and up to a MiB of what the memory has anyway. Where memory is what counts one page has to do.
  bool takes_before_sweeping() const {
    if (Base::is_tight()) return false;
    if constexpr (!Base::shared) {
      if (has_memory()) return true;
    }
    return Base::page_count() == 1 && scattered() <= 2 * Base::live_granules();
  }

  /// Whether a small heap may have more of the memory without growing that.
  bool has_memory() const { return Base::page_count() < 16 && Base::owned_pages() > Base::mapped_pages(); }

  /// When a program ends a phase and frees much of what it had, what it takes next should come from
  /// merged memory and low addresses, not from the holes in the order in which they came to be. A full
  /// sweep is paid for by the frees of a quarter of the heap; it is for short blocks, as long ones are merged anyway.
  ALLOT_ONCE_IF_SMALL void merge_after_phase() {
    if (small_code) return;
    auto& a = agent();
    const u32 live = Base::live_granules();
    const u32 freed = a.high - live;
    if (live >= a.high)
      a.high = live;
    else if (freed > managed_granules() >> 2) [[unlikely]] {
      if (scattered() > freed / 4)
        Base::merge_all();
      else
        a.high = live;
    }
  }
  /// This agent's share of the heap.
  u64 managed_granules() const {
    if constexpr (Base::shared)
      return u64{agent().pages} << granule_page_shift;
    else
      return header().managed_bytes >> granule_shift;
  }

  /// Free granules in small blocks.
  ALLOT_ONCE_UNLESS_SMALL Granule scattered() const {
    const auto& a = agent();
    u64 free;
    if constexpr (Base::shared)
      free = managed_granules() - a.kept;
    else
      free = (header().managed_bytes - header().metadata_bytes) >> granule_shift;
    return static_cast<Granule>(free - Base::live_granules() - a.binned - (a.run_end - a.run_begin));
  }

  ALLOT_ONCE_IF_SMALL bool within_quota(Granule more) const {
    if constexpr (Base::shared) {
      const u64 live = u64{Base::live_granules()} + more;
      return live <= agent().share || const_cast<PlaceBlocks*>(this)->raise_share(live);
    }
    // Of 32-bit addresses no sum is too large for them.
    if constexpr (sizeof(Address) == 4) return Base::live_granules() + more <= quota_granules();
    return u64{Base::live_granules()} + more <= header().quota >> granule_shift;
  }
  /// No agent has more than that live.
  ALLOT_ONCE_IF_SMALL Granule quota_granules() const {
    const u64 quota = header().quota >> granule_shift;
    return quota < granule_limit ? static_cast<Granule>(quota) : granule_limit;
  }

  /// Shared heaps: asks for a larger share of the quota, `live` granules at least. One agent alone has all of
  /// it; of several each takes more than it needs now, so as not to come back for every block.
  ALLOT_ONCE_UNLESS_SMALL bool raise_share(u64 live) {
    auto& a = agent();
    auto const quota_word = Base::pointer_to(header().quota);
    if (header().quota == ~u64{0}) {
      Base::pointer_to(a.share).template atomic_set<u32>(~u32{0});
      // Somebody may just have set a quota, who did not see this then.
      if (quota_word.template atomic_get<u64>() == ~u64{0}) return true;
    }
    // Who has all free pages (place_last) has the lock, too, and would wait for itself. What was asked for is within the
    // share by then; only slack is not.
    if (Base::has_lock() || !Base::take_lock()) {
      a.missed = 1;
      return false;
    }
    const u64 quota = header().quota >> granule_shift;
    u64 others = 0;
    u32 agents = 0;
    for (u32 id = 0; id < agent_capacity; ++id) {
      if (Base::agent_state(id) == Base::unused || id == a.id) continue;
      const u32 share = Base::agent_at(id).share;
      others += share == ~u32{0} ? Base::live_of(Base::agent_at(id)) : share;
      ++agents;
    }
    const u64 room = quota > others ? quota - others : 0;
    const bool enough = live <= room;
    if (enough) {
      const u64 share = agents == 0 ? room : live + (room - live) / 4;
      a.share = share < granule_limit ? static_cast<u32>(share) : granule_limit;
    }
    Base::give_lock();
    return enough;
  }
  /// With the lock held, after the quota has changed: nobody has a larger share than it needs now. (Another agent
  /// misses it until it reaches a new peak.)
  void recall_shares() {
    for (u32 id = 0; id < agent_capacity; ++id)
      if (Base::agent_state(id) != Base::unused) Base::agent_at(id).share = Base::live_of(Base::agent_at(id));
    set_watermark();
  }

  /// Whether `more` live granules are within the quota; if so the peak is raised to include them.
  [[gnu::noinline]] bool note_peak(Granule more) {
    if (!within_quota(more)) return false;
    auto& a = agent();
    const u32 live = Base::live_granules() + more;
    if (live > a.peak) a.peak = live;
    set_watermark();
    return true;
  }
  /// Nor further above what is live than 31 bits reach, so that a sign tells when it is passed.
  void set_watermark() {
    auto& a = agent();
    u32 watermark;
    if constexpr (Base::shared)
      watermark = a.share;
    else
      watermark = quota_granules();
    if (a.peak < watermark) watermark = a.peak;
    // 4 GiB have fewer granules than that.
    const u32 live = Base::live_granules();
    if (sizeof(Address) > 4 && watermark > live && watermark - live > 0x7FFFFFFFu)
      watermark = live + 0x7FFFFFFFu;
    a.room += watermark - a.watermark;
    a.watermark = watermark;
  }

 private:
  /// Takes the free block at `g`, which is in no bin, for a request of c granules: whole when the policy
  /// allows that much slack and the quota has room for it, otherwise its first c granules.
  ALLOT_ONCE_IF_SMALL Granule take_part(Granule g, Granule n, Granule c) {
    Granule keep = n <= Base::slack_limit(c) ? n : c;
    // Where the live bytes reach a new peak, or the quota.
    if (static_cast<i32>(agent().room) < i64{keep} && !note_peak(keep)) [[unlikely]] {
      keep = c;
      if (!note_peak(c)) {
        Base::release(g, n);
        return failure(Error::quota_exceeded);
      }
    }
    Base::note_live(keep);
    if (keep != n) Base::cut(g, n, keep);
    begin_block(g);
    Base::set_bit(g, page_record::live);
    if (keep != n) Base::file(g + keep, n - keep);
    return g;
  }
  /// The same for a block that is known to be within the slack.
  Granule take_fitting(Granule g, Granule n, Granule c) {
    if (small_code || static_cast<i32>(agent().room) < i64{n}) [[unlikely]]
      return take_part(g, n, c);
    Base::note_live(n);
    begin_block(g);
    Base::set_bit(g, page_record::live);
    return g;
  }

  /// take_part for a short block, where all are merged at once.
  Granule take_short(Granule g, Granule n, Granule c) {
    if (small_code || static_cast<i32>(agent().room) < i64{n}) [[unlikely]]
      return take_part(g, n, c);
    const Granule keep = n <= Base::slack_limit(c) ? n : c;
    Base::note_live(keep);
    if (keep != n) Base::set_bit(g + keep, page_record::start);
    begin_block(g);
    Base::set_bit(g, page_record::live);
    if (keep != n) Base::push_hint(g + keep, n - keep);
    return g;
  }

  ALLOT_ONCE_UNLESS_SMALL Granule place_small(Granule c) {
    if (exact()) return place_exact(c);
    if (Base::merges_at_once()) return place_tight(c);
    merge_after_phase();
    u64 found;
    for (bool swept = !limits_runs;;) {
      auto& a = agent();
      const Granule run = a.run_end - a.run_begin;  // 0 without one
      // Before its last granules, from which one block at a time would be cut.
      if (limits_runs && run < c + small_max + batch_granules && !sweeping_pays(run_limit) && lengthen_run())
        continue;
      if (run > c + small_max) return cut_run(c);
      found = Base::pop_hint(c, small_max);
      if (found != 0) return take_row(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
      // What is left of the run is too short to be one.
      if (Base::run_exists()) {
        Base::close_run();
        continue;
      }
      found = Base::bin_find(c, 1);
      if (found == 0) return granule_limit;
      const Granule g = static_cast<Granule>(found);
      const Granule n = static_cast<Granule>(found >> 32);
      if (!swept && n > run_limit && scattered() >= run_limit / 2) {
        swept = true;
        Base::sweep(c, Base::page_count() < 64 ? 16 : 8);  // in a small heap a page more is much
        continue;
      }
      open_run(g, n);
      if (n <= c + small_max) {
        Base::take_run();
        Base::set_words(g, n);
        return take_part(g, n, c);
      }
    }
  }

  /// place_small where all are merged at once: the shortest block that is long enough, and only then the run.
  Granule place_tight(Granule c) {
    auto& a = agent();
    const bool run_fits = Base::run_exists() && a.run_end - a.run_begin > c + small_max;
    // Of much longer ones none is better than the run, and to find that there is none takes time. The second time in
    // a row that it is the same size more are likely to follow, and are cut side by side.
    Granule most = small_max;
    if (run_fits && 8 * c + 16 < most) most = 8 * c + 16;
    if (run_fits && ((a.last_cut & 0xFF) == c || (!small_code && grows_by(c)))) most = c;
    if (const u64 found = Base::pop_hint(c, most)) {
      note_cut(c);
      return take_short(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    if (run_fits) return cut_run(c);
    // What is left of the run is too short to be one.
    if (Base::run_exists()) {
      Base::close_run();
      return place_tight(c);
    }
    const u64 block = Base::bin_find(c, 1);
    if (block == 0) return granule_limit;
    const Granule g = static_cast<Granule>(block);
    open_run(g, static_cast<Granule>(block >> 32));
    if (a.run_end - a.run_begin > c + small_max) return cut_run(c);
    const Granule n = Base::take_run();
    Base::set_words(g, n);
    return take_part(g, n, c);
  }

  ALLOT_ONCE_UNLESS_SMALL Granule place_long(Granule c) {
    if (exact()) return place_exact(c);
    if (!Base::merges_at_once()) merge_after_phase();
    u64 found = Base::bin_find(c, 8);
    if (found == 0) {
      if (!small_code && !Base::merges_at_once() && agent().run_end - agent().run_begin < c)
        return granule_limit;
      Base::close_run();
      found = Base::bin_find(c, Base::list_limit());
    }
    return take_long(found, c);
  }
  Granule take_long(u64 found, Granule c) {
    if (found == 0) return granule_limit;
    const Granule g = static_cast<Granule>(found);
    const Granule n = static_cast<Granule>(found >> 32);
    Base::bin_remove(g, n);
    return take_part(g, n, c);
  }

  Granule place_exact(Granule c) {
    const u64 found = Base::find_exact(c);
    if (found == 0) return granule_limit;
    const Granule g = static_cast<Granule>(found);
    const Granule n = static_cast<Granule>(found >> 32);
    Base::unfile(g, n);
    return take_part(g, n, c);
  }

  /// The memory is at its end: everything idle is merged, and every free block looked at.
  ALLOT_ONCE_UNLESS_SMALL Granule place_last(Granule c) {
    if constexpr (Base::shared) Base::collect_all();
    if (!exact()) {
      Base::merge_all();
      const Granule g =
          small_code || c <= small_max ? place_free(c) : take_long(Base::bin_find(c, Base::list_limit()), c);
      if (g != granule_limit) return g;
    }
    if constexpr (Base::shared) {
      // What is free of this agent's may lie between free pages.
      const Granule g = Base::with_all_pages([this, c] { return place_free(c); });
      if (g != granule_limit) return g;
    }
    return failure(Error::out_of_memory);
  }

  /// How long a run is at most, when it is opened. The rest of a longer block stays whole, and what is scattered is merged
  /// before more of it is opened: else the short blocks of a new phase would come to lie all over what the last
  /// phase has left, and no long one would find room there. (In a shared heap an agent gives whole pages back instead.)
  static constexpr Granule run_limit = granules_per_page;
  static constexpr bool limits_runs = !small_code && !Base::shared;

  /// Cuts what is too much for a run from the free block at `g`, which is in no bin. Returns the granules of the rest.
  ALLOT_ONCE_UNLESS_SMALL Granule limit_run(Granule g, Granule n) {
    if (!limits_runs || Base::merges_at_once() || n <= run_limit + small_max) return n;
    Base::cut(g, n, run_limit);
    Base::bin_insert(g + run_limit, n - run_limit);
    return run_limit;
  }

  /// Makes the long free block at `g`, or its beginning, the run: its words would be overwritten by the blocks cut from
  /// it.
  void open_run(Granule g, Granule n) {
    Base::bin_remove(g, n);
    n = limit_run(g, n);
    Base::clear_words(g, n);
    auto& a = agent();
    a.run_begin = g;
    a.run_end = g + n;
  }

  /// Adds what follows the run to it, if that is a long free block, or its beginning. Returns whether it is.
  ALLOT_ONCE_UNLESS_SMALL bool lengthen_run() {
    auto& a = agent();
    const Granule g = a.run_end;
    if (!Base::run_exists() || !Base::has_next(g) || Base::is_live(g) || !Base::is_free(g)) return false;
    Granule n = Base::size_at(g);
    if (n <= 2 * small_max) return false;
    Base::unfile(g, n);
    n = limit_run(g, n);
    Base::join(g, n);
    a.run_end = g + n;
    return true;
  }

  /// The first c granules of the run, which keeps more than small_max: see Hints::is_free_of_size. Where blocks of that
  /// size were cut lately, more of them are cut at once, and hinted at.
  Granule cut_run(Granule c) {
    auto& a = agent();
    const Granule g = a.run_begin;
    if (static_cast<i32>(a.room) < i64{c} && !raises_watermark(c) && !note_peak(c))
      return failure(Error::quota_exceeded);
    Base::note_live(c);
    begin_block(g);
    Base::set_bit(g, page_record::live);
    const u32 more = !small_code && cut_lately(c) ? blocks_ahead(c) : 0;
    a.run_begin = g + (more + 1) * c;
    if (more == 0) {
      Base::set_bit(g + c, page_record::start);
      return g;
    }
    Base::set_bits(g, hint_row(g + c, c, more) << c | 1);
    return g;
  }

  /// Hints at `count` blocks of c granules that follow each other from `g` on, in one page; the lowest will be the first
  /// to be handed out. There are places for them. Returns the start bits of all and of what follows, bit 0 = g.
  u64 hint_row(Granule g, Granule c, u32 count) {
    // Within a page the Ref of a granule's start bit lies at a fixed distance from an eighth of its number.
    const Address bits = Base::start_ref(g) - (g >> 3);
    Address top = Base::top(c);
    for (Granule block = g + count * c; block != g;) {
      block -= c;
      top += Base::place_bytes;
      Base::set_hint(at(top), block, bits + (block >> 3));
    }
    Base::set_top(c, top);
    // Each step doubles how many there are.
    u64 starts = 1;
    for (u32 reach = c; reach <= count * c; reach *= 2) starts |= starts << reach;
    return starts & ((u64{2} << count * c) - 1);
  }

  /// Notes that a block of c granules is cut. Returns which were before, the latest in the lowest byte.
  u32 note_cut(Granule c) {
    auto& a = agent();
    const u32 before = a.last_cut;
    a.last_cut = before << 8 | c;
    return before;
  }
  /// The same. Returns what is_cut_lately was before.
  bool cut_lately(Granule c) {
    const bool lately = is_cut_lately(c);
    note_cut(c);
    return lately;
  }
  /// Whether the last block that was cut was of c granules, or two of the last four.
  bool is_cut_lately(Granule c) const {
    const u32 before = agent().last_cut;
    // The zero bytes (Alan Mycroft, 1987).
    const u32 unlike = before ^ c * 0x01010101u;
    const u32 alike = (unlike - 0x01010101u) & ~unlike & 0x80808080u;
    return (alike & 0x80) != 0 || (alike >> 7) * 0x01010101u >= 0x02000000u;
  }

  /// How many more blocks of c granules may be cut: as many as one 64-bit word of start bits reaches and the stack
  /// has places for, from a run that is long enough to lose them, and not across a page's end.
  u32 blocks_ahead(Granule c) const {
    const auto& a = agent();
    if (a.run_end - a.run_begin < c + batch_granules + small_max) return 0;
    return row_length(a.run_begin, batch_granules, c);
  }

  /// How many blocks of c granules may follow one at `g` in n granules, and be hinted at: see blocks_ahead.
  u32 row_length(Granule g, Granule n, Granule c) const {
    const u32 left = granules_per_page - 1 - (g & (granules_per_page - 1));
    if (n > batch_granules) n = batch_granules;
    if (n > left) n = left;
    const u32 reached = n / c;
    const u32 places = Base::places_of(c, agent().hint_cap) - Base::depth_of(c);
    return reached > places ? places : reached == 0 ? 0 : reached - 1;
  }
  static constexpr Granule batch_granules = 56;

  /// take_part for a short block. Where blocks of that size were cut lately, more of them are cut from it at once, and
  /// hinted at.
  Granule take_row(Granule g, Granule n, Granule c) {
    auto& a = agent();
    const u32 more = !small_code && cut_lately(c) ? row_length(g, n, c) : 0;
    if (more == 0) return take_part(g, n, c);
    if (static_cast<i32>(a.room) < i64{c} && !note_peak(c)) {
      Base::release(g, n);
      return failure(Error::quota_exceeded);
    }
    const u64 starts = hint_row(g + c, c, more);
    const Granule cut = (more + 1) * c;
    // What follows the row begins there already unless it is the rest of the block.
    Base::set_bits(g + c, cut != n ? starts : starts & ((u64{1} << more * c) - 1));
    if (cut != n) Base::push_hint(g + cut, n - cut);
    Base::note_live(c);
    begin_block(g);
    Base::set_bit(g, page_record::live);
    return g;
  }
};

}  // namespace allot
