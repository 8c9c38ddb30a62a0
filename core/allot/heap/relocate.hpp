// Purpose: moving a live block to a place that the caller chooses: what a compaction is made of.
// Floor:   heap.
//
// Everything around both places is merged at once. So where free neighbours were merged before, they are
// afterwards, and who moves one block after the other finds each hole as one free block, in a time that
// does not depend on how long the heap is.
#pragma once

#include <allot/heap/spans.hpp>

namespace allot {

template <class Place>
class Relocate : public Spans<Place> {
 public:
  using Base = Spans<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::header;
  using Base::make;

  [[gnu::noinline]] Error relocate_block(Address from, Address to) {
    const Granule g = Base::live_block(from);
    if (Base::failed(g)) return Base::error_of(g);
    if (!Base::is_own_at(g)) return Error::span_in_use;
    const Granule n = Base::size_at(g);
    const auto& h = header();
    const u64 bytes = u64{n} << granule_shift;
    if (to % granule_bytes != 0 || to < h.begin || to >= h.top || bytes > h.top - to)
      return Error::invalid_span;
    const Granule target = Base::granule_at(to);
    if (target == g) return Error::none;
    // Of several agents each may end half way, and the bytes of a block that is moved onto itself are nowhere then.
    const Granule except = Base::shared ? granule_limit : g;
    if (!Base::all_free(target, target + n, except)) return Error::span_in_use;

    // The run is a free block like others now.
    Base::close_run();
    const u64 requested = Base::records_sizes() ? Base::requested(g, n) : 0;
    const Granule first = Base::enclosing_start(target);
    const Granule behind = target + n;
    const Granule last = Base::dissolve(first, behind, except);
    const bool is_apart = g < first || g >= last;
    if constexpr (Base::shared) {
      // Who ends before the old block is free leaves that, and says which the new one is.
      Base::set_free(behind, last - behind);
      Base::begin_block(target);
      make(target, n, BlockKind::live);
      Base::set_free(first, target - first);
      Base::place().memory.copy(to, from, bytes);
      if (Base::records_sizes()) Base::note_requested(target, n, requested);
    }
    if (is_apart) {
      Base::clear_bit(g, page_record::live);
      if constexpr (Base::shared) Base::agent().pending = 0;
      Base::file(g, n);
    }
    if constexpr (!Base::shared) {
      make(target, n, BlockKind::live);
      // All of them before any is merged: one may reach the other through what is free between them.
      Base::set_free(first, target - first);
      Base::set_free(behind, last - behind);
    }
    if (is_apart) merge_at(g);
    if (first != target) merge_at(first);
    if (last != behind) merge_at(behind);
    if constexpr (!Base::shared) {
      if (Base::records_sizes()) Base::note_requested(target, n, requested);
      Base::place().memory.copy(to, from, bytes);
    }
    return Error::none;
  }

 private:
  /// Merges the free block at `g` with its neighbours, unless it was merged with another one already.
  void merge_at(Granule g) {
    if (!Base::is_start(g)) return;
    const Granule n = Base::size_at(g);
    Base::unfile(g, n);
    Base::merge_around(g, n);
  }
};

}  // namespace allot
