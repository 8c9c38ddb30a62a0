// Purpose: statistics and the walk.
// Floor:   heap.
#pragma once

#include <allot/base/statistic.hpp>
#include <allot/heap/relocate.hpp>

namespace allot {

/// One block of a walk. `size` is in bytes; a kind of `none` means that no block begins at the address.
struct Block {
  u64 address;
  u64 size;
  BlockKind kind;
};

/// What an agent of a shared heap has.
struct AgentFigures {
  u32 number;
  u32 state;  // as BasicHeap::agent_state
  u32 pages;  // that it owns
  u64 live_bytes;  // in its pages, whoever allocated them
};

template <class Place>
class Report : public Relocate<Place> {
 public:
  using Base = Relocate<Place>;
  using Base::Base;

 protected:
  using Base::agent;
  using Base::header;

  /// The end of the managed memory in granules; behind it only the fence of a restricted span may lie.
  Granule top_granule() const {
    return static_cast<Granule>((header().top - header().origin) >> granule_shift);
  }

  bool in_gap(Granule g) const {
    return load<u32>(Base::record_of(g) + page_record::flags) & page_record::gap;
  }
  /// The granules of the block, or of the pages of a gap, that begin at `g`.
  Granule step_of(Granule g) const {
    if (in_gap(g) || in_free_page(g)) return granules_per_page;
    const Granule n = Base::size_at(g);
    if constexpr (Base::shared) {
      // What another agent is changing just now may say anything.
      const Granule most = header().granules - g;
      return n <= most ? n : most;
    }
    return n;
  }
  BlockKind kind_of(Granule g) const {
    if (in_free_page(g)) return BlockKind::free;
    return in_gap(g) ? BlockKind::reserved : Base::kind_at(g);
  }
  /// Shared heaps: whether `g` lies in a page that nobody owns, which is one free block.
  bool in_free_page(Granule g) const { return Base::is_free_page(g >> granule_page_shift); }

  /// The granule at which a block begins at `p`, or granule_limit.
  Granule walkable(u64 p) const {
    const auto& h = header();
    if (p < h.begin || p >= h.top || p % granule_bytes != 0) return granule_limit;
    const Granule g = static_cast<Granule>((p - h.origin) >> granule_shift);
    return in_gap(g) || in_free_page(g) ? (g % granules_per_page == 0 ? g : granule_limit)
           : Base::is_start(g)          ? g
                                        : granule_limit;
  }

  /// The granule at which what covers `p` begins, as walkable() would find it, or granule_limit.
  Granule walkable_around(u64 p) const {
    const auto& h = header();
    if (p < h.begin || p >= h.top) return granule_limit;
    const Granule g = static_cast<Granule>((p - h.origin) >> granule_shift);
    return in_gap(g) || in_free_page(g) ? g & ~(granules_per_page - 1) : Base::enclosing_start(g);
  }

  /// What several agents have together. Each changes what is its own meanwhile.
  struct Sums {
    u64 live, peak, reserved;
  };
  Sums sums() const {
    Sums all{};
    for (u32 id = 0; id < agent_capacity; ++id) {
      if (!Base::agent_exists(id)) continue;
      const auto& a = Base::agent_at(id);
      all.live += u64{Base::live_of(a)} << granule_shift;
      all.peak += u64{a.peak} << granule_shift;
      all.reserved += u64{a.reserved} << granule_shift;
    }
    return all;
  }

  AgentFigures figures_of(u32 id) const {
    const u32 state = Base::agent_state(id);
    if (state == Base::unused) return {};
    const auto& a = Base::agent_at(id);
    return {Base::number_at(id), state, a.pages, u64{Base::live_of(a)} << granule_shift};
  }

  u64 shared_figure(Statistic which) const {
    const auto& h = header();
    const Sums all = sums();
    const u64 managed = h.managed_bytes - all.reserved;
    switch (which) {
      case Statistic::managed_bytes: return managed;
      case Statistic::live_bytes: return all.live;
      case Statistic::free_bytes: return managed - h.metadata_bytes - all.live;
      case Statistic::reserved_bytes: return all.reserved;
      default: return all.peak;
    }
  }

  u64 live_bytes() const { return u64{Base::live_granules()} << granule_shift; }

  /// One figure of the heap, in bytes or as a number. Scalars in, scalar out.
  [[gnu::noinline]] u64 figure(Statistic which) const {
    const auto& h = header();
    if constexpr (Base::shared) {
      switch (which) {
        case Statistic::managed_bytes:
        case Statistic::live_bytes:
        case Statistic::free_bytes:
        case Statistic::reserved_bytes:
        case Statistic::peak_bytes: return shared_figure(which);
        default: break;
      }
    }
    switch (which) {
      case Statistic::managed_bytes: return h.managed_bytes;
      case Statistic::live_bytes: return live_bytes();
      case Statistic::free_bytes: return h.managed_bytes - h.metadata_bytes - live_bytes();
      case Statistic::metadata_bytes: return h.metadata_bytes;
      case Statistic::reserved_bytes: return h.reserved_bytes;
      case Statistic::live_blocks: return count_live();
      case Statistic::peak_bytes: return u64{agent().peak} << granule_shift;
      case Statistic::quota_bytes: return h.quota;
      case Statistic::maximum_bytes: return h.maximum < h.end ? h.maximum : h.end;
      case Statistic::begin: return h.begin;
      case Statistic::top: return h.top;
      case Statistic::grow_count: return h.grow_count;
      default: return walk_for(which);
    }
  }

  u64 count_live() const {
    u64 count = 0;
    for (u32 page = 0; page < Base::page_count(); ++page)
      for (u32 i = 0; i < granules_per_page / 8; i += 8)
        count +=
            static_cast<u32>(__builtin_popcountll(load<u64>(Base::record(page) + page_record::start + i) &
                                                  load<u64>(Base::record(page) + page_record::live + i)));
    return count;
  }

 private:
  /// The figures that need a walk over all blocks.
  u64 walk_for(Statistic which) const {
    const Granule end = top_granule();
    u64 run = 0;  // free granules right before g
    u64 largest = 0;
    u64 runs = 0;
    u64 head = 0;
    Granule first_live = granule_limit;
    Granule last_live_end = 0;
    for (Granule g = Base::begin_granule(); g < end;) {
      const Granule n = step_of(g);
      const BlockKind kind = kind_of(g);
      if (kind == BlockKind::free) {
        runs += run == 0;
        run += n;
        if (run > largest) largest = run;
        if (first_live == granule_limit) head += n;
      } else {
        run = 0;
        if (kind == BlockKind::live) {
          if (first_live == granule_limit) first_live = g;
          last_live_end = g + n;
        }
      }
      g += n;
    }
    switch (which) {
      case Statistic::largest_free: return largest << granule_shift;
      case Statistic::head_free: return head << granule_shift;
      case Statistic::tail_free: return run << granule_shift;
      case Statistic::used_span:
        return first_live == granule_limit ? 0 : u64{last_live_end - first_live} << granule_shift;
      case Statistic::free_blocks: return runs;
      default: return 0;
    }
  }
};

}  // namespace allot
