// Purpose: reserving and giving back ranges of the managed memory that are not to be handed out.
// Floor:   heap.
#pragma once

#include <allot/heap/diagnose.hpp>

namespace allot {

template <class Place>
class Spans : public Diagnose<Place> {
 public:
  using Base = Diagnose<Place>;
  using Base::Base;

 protected:
  using Base::header;
  using Base::make;

  [[gnu::noinline]] Error reserve_span(u64 begin, u64 end) {
    if (begin >= end || begin < header().begin || end > header().end) return Error::invalid_span;
    begin = round_down(begin, granule_bytes);
    end = round_up(end, granule_bytes);
    if (end - begin < reserved_min * granule_bytes) end = begin + reserved_min * granule_bytes;
    if (end > header().end) return Error::invalid_span;
    // The run is a free block like others now: growth must neither keep it apart from the free memory
    // before it nor find room for records there.
    Base::close_run();
    if constexpr (Base::shared) {
      // What of the span is nobody's becomes this agent's first.
      if (!Base::take_lock()) return Error::lock_held;
      const bool claimed =
          Base::claim_between(granule_at(begin) >> granule_page_shift, Base::pages_of(granule_at(end)));
      Base::give_lock();
      if (!claimed) return Error::out_of_memory;
    } else {
      // Of a span that reaches above what the heap has taken so far, the part below must be free before
      // memory is taken for the rest.
      const u64 top = header().top;
      if (end > top) {
        if (begin < top && !all_free(granule_at(begin), granule_at(top))) return Error::span_in_use;
        if (!Base::extend_to(granule_at(end))) return Error::out_of_memory;
      }
    }
    const Granule from = granule_at(begin);
    const Granule to = granule_at(end);
    if (!all_free(from, to)) return Error::span_in_use;
    const Granule first = Base::enclosing_start(from);
    // Hints may still point at what is there; one for a block of the span's own size would hold.
    Base::forget_hints();
    const Granule last = dissolve(first, to);
    // What is free behind the span comes first: the span is as long as it says when its marks make it one.
    set_free(to, last - to);
    make(from, to - from, BlockKind::reserved);
    set_free(first, from - first);
    if constexpr (Base::shared) {
      Base::agent().kept += to - from;
      Base::agent().reserved += to - from;
    } else {
      header().reserved_bytes += end - begin;
      header().managed_bytes -= end - begin;
      ++header().reserved_spans;
      Base::seal();
    }
    return Error::none;
  }

  [[gnu::noinline]] Error unreserve_span(u64 begin) {
    auto& h = header();
    begin = round_down(begin, granule_bytes);
    if (begin < h.begin || begin >= h.top) return Error::invalid_span;
    const Granule g = static_cast<Granule>((begin - h.origin) >> granule_shift);
    if (!Base::is_start(g) || Base::kind_at(g) != BlockKind::reserved) return Error::invalid_span;
    const Granule n = Base::size_at(g);
    if constexpr (Base::shared) {
      if (!Base::is_own_at(g)) return Error::span_in_use;
    }
    // Free where it is: a live block may end here.
    Base::clear_bit(g + 1, page_record::live);
    Base::clear_bit(g + 2, page_record::live);
    if constexpr (Base::shared) {
      Base::agent().kept -= n;
      Base::agent().reserved -= n;
    } else {
      h.reserved_bytes -= u64{n} << granule_shift;
      h.managed_bytes += u64{n} << granule_shift;
      --h.reserved_spans;
    }
    Base::merge_around(g, n);
    if constexpr (!Base::shared) Base::seal();
    return Error::none;
  }

  Granule granule_at(u64 p) const { return static_cast<Granule>((p - header().origin) >> granule_shift); }

  /// Whether free blocks cover [from, to) without a hole; the block at `except` counts as free.
  bool all_free(Granule from, Granule to, Granule except = granule_limit) const {
    if (!Base::is_own_at(from)) return false;
    Granule g = Base::enclosing_start(from);
    if (g == granule_limit) return false;
    for (;;) {
      if (g != except && Base::kind_at(g) != BlockKind::free) return false;
      g += Base::size_at(g);
      if (g >= to) return true;
      if (!Base::has_next(g)) return false;
    }
  }

  /// Makes the free blocks from `first` up to `to` one without words, in no bin; and the block at `except`, which is
  /// in no bin. Returns where the last of them ended. (The first start bit stays: a live block may end there.)
  Granule dissolve(Granule first, Granule to, Granule except = granule_limit) {
    Granule g = first;
    while (g < to) {
      const Granule n = Base::size_at(g);
      if (g != except)
        Base::unfile(g, n);
      else
        Base::clear_bit(g, page_record::live);
      Base::clear_words(g, n);
      if (g != first) Base::clear_bit(g, page_record::start);
      g += n;
    }
    return g;
  }
  /// A free block where one was dissolved, if it is one.
  void set_free(Granule g, Granule n) {
    if (n == 0) return;
    make(g, n, BlockKind::free);
    Base::file(g, n);
  }
};

}  // namespace allot
