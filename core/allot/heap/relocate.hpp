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
    if (!Base::all_free(target, target + n, g)) return Error::span_in_use;

    // The run is a free block like others now.
    Base::close_run();
    const u64 requested = Base::records_sizes() ? Base::requested(g, n) : 0;
    const Granule first = Base::enclosing_start(target);
    const Granule behind = target + n;
    const Granule last = Base::dissolve(first, behind, g);
    const bool is_apart = g < first || g >= last;
    if (is_apart) {
      Base::clear_bit(g, page_record::live);
      Base::file(g, n);
    }
    make(target, n, BlockKind::live);
    // All of them before any is merged: one may reach the other through what is free between them.
    set_free(first, target - first);
    set_free(behind, last - behind);
    if (is_apart) merge_at(g);
    if (first != target) merge_at(first);
    if (last != behind) merge_at(behind);
    if (Base::records_sizes()) Base::note_requested(target, n, requested);
    Base::place().memory.copy(to, from, bytes);
    return Error::none;
  }

 private:
  void set_free(Granule g, Granule n) {
    if (n == 0) return;
    make(g, n, BlockKind::free);
    Base::file(g, n);
  }
  /// Merges the free block at `g` with its neighbours, unless it was merged with another one already.
  void merge_at(Granule g) {
    if (!Base::is_start(g)) return;
    const Granule n = Base::size_at(g);
    Base::unfile(g, n);
    Base::merge_around(g, n);
  }
};

}  // namespace allot
