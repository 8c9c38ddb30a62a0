// Purpose: the heap: what a C++ program, a guest's malloc and the wasm modules call.
// Floor:   heap, the top of the core.
//
// A Heap is a place (which memory, and where the records lie) and the address of an image. It has no
// state of its own: two of them over one image are the same heap. Nothing here throws; failed
// operations change nothing. Growth may move a native memory's base: pointers into the memory die then,
// addresses do not.
#pragma once

#include <allot/heap/validate_shared.hpp>

namespace allot {

template <class Place>
class BasicHeap : protected Below<Place, Validate<Place>, ValidateShared<Place>> {
  using Base = Below<Place, Validate<Place>, ValidateShared<Place>>;

 public:
  using Address = typename Place::Address;
  using place_type = Place;
  using Base::first_usable;

  /// BasicHeap(place, image): the heap whose image lies at `image`; nothing is checked or touched. With a
  /// stateless place there is no such constructor: the object is the image, reached by its address.
  using Base::Base;
  /// Where the image lies: an address of the managed memory, or an offset in the records' memory.
  using Base::image;

  /// Lays out a new, empty heap at image(). Error: invalid_policy, invalid_span (the span is empty, too
  /// small for the records, or outside the address space), out_of_memory. O(1); may grow the memory.
  Error initialize(const Options& options) {
    return initialize_raw(options.begin, options.end, options.maximum, options.quota,
                          static_cast<u32>(options.policy), options.record_sizes);
  }

  /// Whether an image of this kind lies at image(), and what its header says fits the memory: O(1).
  /// Error: not_a_heap, wrong_version, wrong_address_type, corrupt_image.
  Error check() {
    if constexpr (Base::shared) {
      // Under the lock more can be said: attach() does, validate() says all.
      if (this->image() % 16 != 0 || this->place().record_memory_bytes() < sizeof(Header) ||
          this->image() > this->place().record_memory_bytes() - sizeof(Header))
        return Error::not_a_heap;
      return this->check_kind();
    }
    if (const Error error = this->check_header(this->place().record_memory_bytes()); error != Error::none)
      return error;
    // An image that is refused stays as it was, to the last byte.
    const u64 kept = this->header().violation_address;
    const bool fits = this->check_geometry() == 0;
    this->header().violation_address = kept;
    return fits ? Error::none : Error::corrupt_image;
  }

  /// Whether an image was laid out here, whatever became of it since: a look at the magic number.
  bool laid_out() const { return this->header().magic == image_magic; }
  /// Whether code like this one may work on what was.
  bool is_of_kind() const { return this->header().version == image_version && this->suits_build(); }

  // --- Agents -----------------------------------------------------------------------------------
  // Of a heap that several agents use at once (docs/threads.md). Each agent has a heap object of its own, and
  // initialize() makes its caller the first. Unless it says otherwise, every operation is refused to a caller
  // that is no agent (not_attached). All of these take the lock: lock_held when it cannot be had.

  /// Makes the caller an agent: with an orphan's pages, if there is an orphan. `may_block`: it may wait in the
  /// engine while others hold the lock. Returns its number, below 2^30, which no other agent ever has. Error: as
  /// check; too_many_agents, out_of_memory, lock_held. May grow the memory. O(heap) if there is an orphan.
  Result<u32> attach(bool may_block = true)
    requires Base::shared
  {
    const u32 id = this->attach_agent(may_block);
    if (Base::failed(id)) return Base::error_of(id);
    return id;
  }
  /// Goes on as an agent that is in use and will not run again: in a copy of a memory, where none of them does. The
  /// caller is none yet. Takes no lock. Error: no_such_agent.
  Error resume(u32 agent)
    requires Base::shared
  {
    return this->resume_agent(agent);
  }
  /// Stops being an agent: free pages go back, live blocks stay, in the care of whoever needs memory next.
  Error detach()
    requires Base::shared
  {
    return this->detach_agent();
  }
  /// Tidies up after an agent that will never run again, wherever it ended; never call it for another one.
  /// Returns the address of the block that it was allocating, freed now, or 0. Error: no_such_agent. O(heap).
  Result<u64> reap(u32 agent)
    requires Base::shared
  {
    const u32 lost = this->reap_agent(agent);
    if (Base::failed(lost)) return Base::error_of(lost);
    return lost == 0 ? u64{0} : u64{this->address_of(lost - 1)};
  }
  /// Takes in what others have freed of this agent's blocks; allocating does so by itself. Returns how many.
  u32 collect()
    requires Base::shared
  {
    return this->is_attached() ? Base::collect() : 0;
  }
  /// This agent's number. Error: not_attached.
  Result<u32> agent_number() const
    requires Base::shared
  {
    if (!this->is_attached()) return Error::not_attached;
    return this->number_at(this->agent().id);
  }
  /// 0 unused, 1 in use, 2 between both, 3 or 4 an orphan. Asks nobody for the lock; anybody may ask.
  u32 agent_state(u32 agent) const
    requires Base::shared
  {
    return this->is_number(agent) ? Base::agent_state(slot_of(agent)) : 0;
  }
  /// The agents one by one, `slot` from 0 up to agent_capacity: which it is, and what it has; all 0 where there is none.
  /// Exact while it is quiet.
  AgentFigures agent_figures(u32 slot) const
    requires Base::shared
  {
    return this->figures_of(slot);
  }
  /// Who holds the lock: 0 nobody, else the agent's number + 1. Anybody may ask.
  u32 lock_holder() const
    requires Base::shared
  {
    return Base::lock_holder();
  }
  Error set_may_block(bool may_block)
    requires Base::shared
  {
    if (!this->is_attached()) return Error::not_attached;
    this->agent().may_block = may_block;
    return Error::none;
  }

  // --- Blocks -----------------------------------------------------------------------------------
  // Addresses are multiples of 16. Usable sizes are the requested ones rounded up to granules, plus
  // the slack that the policy allows. Out of memory: out_of_memory, quota_exceeded, size_too_large.
  // All of them may grow the memory, except deallocate.

  /// A block of at least `size` bytes; a size of 0 gives a block of its own. Typically O(1).
  [[gnu::always_inline]] Result<Address> allocate(u64 size) { return result_of(allocate_raw(size)); }

  /// A block of count * size bytes, all zero.
  Result<Address> allocate_zeroed(u64 count, u64 size) { return result_of(allocate_zeroed_raw(count, size)); }

  /// A block whose address is a multiple of `alignment`, a power of two. Error: also invalid_alignment.
  Result<Address> allocate_aligned(u64 alignment, u64 size) {
    return result_of(allocate_aligned_raw(alignment, size));
  }

  /// Gives the block at `p` another size, in place when it shrinks or the memory behind it is free, else
  /// by moving its bytes. The old block stays as it is when that fails. Error: also all of deallocate. (A block for 0 bytes
  /// takes two granules where sizes are recorded, more than one for 1 byte.)
  Result<Address> reallocate(Address p, u64 size) { return result_of(reallocate_raw(p, size)); }

  /// Gives back the block that begins at `p`. O(1). Error, with nothing changed: double_free,
  /// interior_address, metadata_address, foreign_address, wild_address.
  [[gnu::always_inline]] Error deallocate(Address p) {
    return deallocate_or(p, [&](Address start_ref) { return deallocate_rest(p, start_ref); });
  }

  /// Moves the live block at `from`, bytes and recorded size, to `to`, a multiple of 16 of the caller's choice:
  /// all of its new place must be free, or its own so far (in a heap of several agents: free). Neighbours that are
  /// free are merged. Costs the copying, and no more where the free memory there is merged already. Error, with
  /// nothing changed: invalid_span (the new place is not aligned, or not in the heap), span_in_use, or as deallocate.
  Error relocate(Address from, Address to) {
    if (!ready()) return Error::not_attached;
    return this->relocate_block(from, to);
  }

  /// Bytes that may be used at `p`, or as deallocate's errors. O(1).
  Result<u64> usable_size(Address p) const {
    const Granule g = this->live_block(p);
    if (Base::failed(g)) return Base::error_of(g);
    return usable_raw(g);
  }

  /// Bytes that were asked for. Error: not_recorded unless Options::record_sizes, or as deallocate. O(1).
  Result<u64> requested_size(Address p) const {
    const Granule g = this->live_block(p);
    if (Base::failed(g)) return Base::error_of(g);
    if (!this->records_sizes()) return Error::not_recorded;
    return requested_raw(g);
  }

  /// Whether a live block begins at `p`. O(1).
  bool owns(Address p) const { return !Base::failed(this->live_block(p)); }

  // --- Looking at it ----------------------------------------------------------------------------

  /// One figure; see statistics.def for what it means and costs.
  u64 statistic(Statistic which) const { return this->figure(which); }

  /// The block that begins at `p`; kind `none` and size 0 when none does. Walk: from statistic(begin) to
  /// statistic(top) in steps of `size`. Free blocks may follow each other: merging is lazy.
  Block block_at(u64 p) const { return {p, block_size(p), block_kind(p)}; }
  /// The block that covers `p`, wherever it begins; kind `none` where the heap has none. O(its length): for walks under
  /// whose feet blocks become others.
  Block block_around(u64 p) const {
    const Granule g = this->walkable_around(p);
    return g == granule_limit ? Block{p, 0, BlockKind::none} : block_at(this->address_of(g));
  }

  /// Checks every invariant (docs/heap-image.md); O(heap / 128).
  Violation validate() {
    const u32 number = this->check_all();
    return {number, number == 0 ? u64{0} : this->header().violation_address};
  }

  // --- Limits and spans -------------------------------------------------------------------------

  /// Takes [begin, end), rounded outward to granules and to at least 48 bytes, out of management until
  /// unreserve(begin). Error: invalid_span, span_in_use, out_of_memory. May grow the memory.
  Error reserve(u64 begin, u64 end) {
    if (!ready()) return Error::not_attached;
    return this->reserve_span(begin, end);
  }
  Error unreserve(u64 begin) {
    if (!ready()) return Error::not_attached;
    return this->unreserve_span(begin);
  }

  /// Makes the memory `pages` pages (of 64 KiB) larger; the heap takes them when it needs them. Memory that
  /// was grown past the heap belongs to whoever grew it. Error: out_of_memory, when the memory or a limit
  /// refuses. O(1) unless somebody else has grown the memory since.
  Error grow(u64 pages) {
    if constexpr (Base::shared) {
      const u64 before = grow_from(pages);
      return before >> 32 == 0 ? Error::none : static_cast<Error>(~before);
    } else {
      return this->grow_pages(pages);
    }
  }
  /// Merges all free memory, moves records that lie behind the last block before it where there is room, and
  /// gives up the pages at the end that hold nothing. Returns how many pages the memory needs from now on,
  /// which is then the whole of it; it has not become smaller by itself. Changes nothing where somebody else
  /// has grown the memory since, or the heap was made for a span of it. O(heap / 128).
  u64 trim() { return this->release_pages(); }
  /// The length of the memory, whoever grew it.
  u64 memory_bytes() const { return this->place().memory.bytes(); }

  /// The address that the heap will not grow beyond from now on; 0: none. What it has, it keeps.
  Error set_maximum(u64 address) {
    if (!enter()) return enter_error();
    this->header().maximum = address == 0 || address > Base::address_limit ? Base::address_limit : address;
    this->seal();
    leave();
    return Error::none;
  }
  /// The most bytes that may be live, counted in usable sizes; 0: no limit.
  Error set_quota(u64 bytes) {
    if (!enter()) return enter_error();
    this->header().quota = bytes == 0 ? ~u64{0} : bytes;
    if constexpr (Base::shared)
      this->recall_shares();
    else
      this->set_watermark();
    this->seal();
    leave();
    return Error::none;
  }

  /// Merges all free neighbours now instead of before the next growth; in a shared heap also those in pages of agents
  /// that have gone, which become this agent's. O(heap / 128).
  void merge() {
    if (!ready()) return;
    if constexpr (Base::shared) {
      if (!this->adopt_orphans()) this->collect_all();
    }
    if (!this->exact()) this->merge_all();
    if constexpr (Base::shared) this->give_idle();
  }

  /// Writes down what a caller was refused, where a host can read it.
  void note_error(Error error, u64 address) {
    this->header().last_error = static_cast<u32>(error);
    this->header().last_error_address = address;
  }

  // --- The same as scalars ----------------------------------------------------------------------
  // For builds without a stack in memory: an address is a granule that address() turns into one, or
  // ~error at or above granule_limit.

  [[gnu::always_inline]] Error initialize_raw(u64 begin, u64 end, u64 maximum, u64 quota, u32 policy,
                                              bool record_sizes) {
    return this->lay_out(begin, end, maximum, quota, policy, record_sizes);
  }
  /// As grow. Returns how many pages the memory had right before those; or ~error, at or above 2^32.
  u64 grow_from(u64 pages)
    requires Base::shared
  {
    return this->grow_pages_from(pages);
  }
  /// The number of the first broken invariant, or 0; last_violation() says where.
  u32 validate_raw() { return this->check_all(); }
  u64 last_violation() const { return this->header().violation_address; }
  u64 block_size(u64 p) const {
    const Granule g = this->walkable(p);
    return g == granule_limit ? 0 : u64{this->step_of(g)} << granule_shift;
  }
  BlockKind block_kind(u64 p) const {
    const Granule g = this->walkable(p);
    return g == granule_limit ? BlockKind::none : this->kind_of(g);
  }
  Granule live_block_raw(Address p) const { return this->live_block(p); }
  u64 usable_raw(Granule g) const { return u64{this->size_at(g)} << granule_shift; }
  bool records_requested() const { return this->records_sizes(); }
  u64 requested_raw(Granule g) const { return this->requested(g, this->size_at(g)); }

  template <class Size>
  [[gnu::always_inline]] Granule allocate_raw(Size size) {
    if (!ready()) [[unlikely]]
      return Base::failure(Error::not_attached);
    return place_raw(size);
  }

  /// allocate_raw for any size, not fast for short ones. (`Size` here and below: as long as the caller's sizes are.)
  template <class Size>
  [[gnu::always_inline]] Granule allocate_sized(Size size) {
    if (!ready()) [[unlikely]]
      return Base::failure(Error::not_attached);
    return this->returned(place_sized(size));
  }

  template <class Size>
  [[gnu::always_inline]] Granule place_raw(Size size) {
    if (size > Base::tiny_max * granule_bytes) [[unlikely]]
      return this->returned(place_sized(size));
    Granule c = static_cast<Granule>((size + granule_bytes - 1) >> granule_shift);
    if (c == 0 || this->records_sizes()) [[unlikely]]
      return this->returned(place_sized(size));
    return this->place_block(c);
  }
  template <class Size>
  [[gnu::noinline]] Granule place_sized(Size size) {
    if (size > Base::address_limit - granule_bytes) return Base::failure(Error::size_too_large);
    return noted(this->place_slow(granules_for(size)), size);
  }

  /// allocate_raw for 1 to tiny_bytes bytes, in a heap that records no sizes: its fast path alone, small enough for
  /// engines to inline it. A block of this size that was freed lately, if there is one; returns whether there is.
  static constexpr u64 tiny_bytes = Base::tiny_max * granule_bytes;
  [[gnu::always_inline]] bool allocate_tiny_again(u32 size, Granule& g) {
    const Granule c = (size + granule_bytes - 1) >> granule_shift;
    if (c == 0 || c > Base::tiny_max) __builtin_unreachable();
    return this->place_again(c, g);
  }
  /// Where that found none.
  [[gnu::always_inline]] Granule allocate_tiny_otherwise(u32 size) {
    return this->returned(this->place_small_or_grow((size + granule_bytes - 1) >> granule_shift));
  }

  /// The same for more than long_bytes where none was freed lately.
  static constexpr u32 long_bytes = small_max * granule_bytes;
  static constexpr u32 quick_bytes = Base::quick_longest * granule_bytes;
  [[gnu::always_inline]] Granule allocate_long_otherwise(u32 size) {
    return this->returned(this->place_long_otherwise((size + granule_bytes - 1) >> granule_shift));
  }
  /// allocate_raw where that found nothing, or for any other size, in such a heap: the fast paths for more than
  /// tiny_bytes. Returns found(granule), or what `long_one` returns where none so long was freed lately, which is to call
  /// allocate_long_otherwise, or what `any` returns for whatever remains, which is to call allocate_sized, or
  /// allocate_tiny_otherwise for a tiny one.
  template <class Size, class Found, class LongOne, class Any>
  [[gnu::always_inline]] auto allocate_by_length(Size size, Found found, LongOne long_one, Any any) {
    if (size - tiny_bytes - 1 < quick_bytes - tiny_bytes) {
      const Granule c = static_cast<Granule>((size + granule_bytes - 1) >> granule_shift);
      Granule g = 0;
      if (size > long_bytes) {
        if (c <= small_max || c > Base::quick_longest) __builtin_unreachable();
        if (this->template place_long_again<true>(c, g)) return found(g);
        return long_one(static_cast<u32>(size));
      }
      if (c <= Base::tiny_max || c > small_max) __builtin_unreachable();
      if (this->place_short_again(c, g)) return found(g);
    }
    return any(size);
  }

  /// The hot path of deallocate: gives back a block of up to tiny_bytes. Whatever else begins at `p` it leaves to
  /// rest(start), where `start` is the Ref of the byte with p's start bit, or 0 where p is no granule of the heap,
  /// or of another agent's pages.
  /// Small enough for engines to inline it. Returns what `rest` does.
  template <class Rest>
  [[gnu::always_inline]] Error deallocate_or(Address p, Rest rest) {
    // Rotating makes an address between granules a huge number: one comparison checks both.
    const Address turned = rotate_right(static_cast<Address>(p - this->origin()), granule_shift);
    if (turned >= this->header().granules) [[unlikely]]
      return rest(0);
    const Granule g = static_cast<Granule>(turned);
    const auto entry = this->page_entry(g >> granule_page_shift);
    if constexpr (!Place::Access::trusted) {
      if (!this->sees(entry)) [[unlikely]]
        return rest(0);
    }
    const Address record_ref = load<Address>(entry);
    if constexpr (Base::shared) {
      // Another agent's, or nobody's, or the caller is no agent at all.
      if (load<u32, page_record::owner>(this->at(record_ref)) != this->place().owner_tag()) [[unlikely]]
        return rest(0);
    }
    const Address start_ref = record_ref + Base::bit_byte(g);
    const auto start_at = this->at(start_ref);
    if constexpr (!Place::Access::trusted) {
      if (!this->sees(start_at)) [[unlikely]]
        return rest(start_ref);
    }
    const u32 shift = g & 7;
    const u64 starts = load<u64>(start_at) >> shift;
    const u32 live = load<u8, page_record::live>(start_at);
    const u32 bit = 1u << shift;
    Granule n = lowest_bit_or_many(starts ^ 1);
    auto& a = this->agent();
    if (Base::foretells_length && a.last == g) {
      // As in try_hint. Another block may begin there by now, or it may have become longer or shorter.
      const Granule guess = a.last_length;
      const Granule same = opaque(guess);
      if (guess != n) [[unlikely]]
        return rest(start_ref);
      n = same;
    }
    u32 held = live;
    // Perhaps another agent has freed it already.
    if constexpr (Base::shared) held &= ~u32{load<u8, page_record::remote>(start_at)};
    // Where no block begins n is 0.
    if (n - 1 >= Base::tiny_max || (held & bit) == 0) [[unlikely]]
      return rest(start_ref);
    // Merging is in the hot path only where the policy is known to ask for it.
    if (!Base::policy_is_fixed && this->merges_at_once()) [[unlikely]]
      return rest(start_ref);
    Address top = 0;
    if constexpr (!Place::Access::trusted) {
      top = this->top(a, n) + Base::place_bytes;
      if (!this->sees(this->at(top))) [[unlikely]]
        return rest(start_ref);
    }
    store<u8, page_record::live>(start_at, static_cast<u8>(live ^ bit));
    a.room += n;
    if constexpr (Base::policy_is_fixed) {
      if (this->merges_at_once() && !this->exact()) {
        if (small_code || !this->template merge_in_sight<Base::tiny_max>(g, n, start_ref))
          this->merge_beside(g, n);
        return Error::none;
      }
    }
    if constexpr (Place::Access::trusted) top = this->top(a, n) + Base::place_bytes;
    const auto place = this->at(top);
    // Where the stack is full the next sweep finds the block.
    if (Base::hinted_bits(place) != Base::stack_end) [[likely]] {
      Base::set_hint(place, g, start_ref);
      this->set_top(a, n, top);
    } else if (this->exact()) {
      this->release(g, n);
    }
    return Error::none;
  }

  /// The rest of deallocate_or for all that it leaves. In a shared heap a Ref is one of the caller's own pages.
  ALLOT_ONCE_UNLESS_SMALL Error deallocate_rest(Address p, Address start_ref) {
    if constexpr (Base::shared) {
      if (!small_code && start_ref == 0) [[unlikely]]
        return deallocate_elsewhere(p);
    }
    if (small_code || start_ref == 0 || this->exact()) return deallocate_any(p);
    const Granule g = static_cast<Granule>((p - this->origin()) >> granule_shift);
    const auto start_at = this->at(start_ref);
    const u32 shift = g & 7;
    const u64 starts = load<u64>(start_at) >> shift;
    const u32 live = load<u8, page_record::live>(start_at);
    const u32 bit = 1u << shift;
    u32 held = live;
    // The page is known to be the caller's own; but perhaps another agent has freed the block already.
    if constexpr (Base::shared) held &= ~u32{load<u8, page_record::remote>(start_at)};
    if ((starts & 1) == 0 || (held & bit) == 0) [[unlikely]]
      return deallocate_any(p);
    const Granule n = this->live_size_from(start_at, g, starts);
    store<u8, page_record::live>(start_at, static_cast<u8>(live ^ bit));
    this->note_free(n);
    if (n <= small_max) {
      if (this->merges_at_once())
        this->release_short(g, n, start_ref);
      else
        this->push_hint_at(g, n, start_ref);
    } else {
      [[maybe_unused]] const bool filed = this->release_long(g, n);
      if constexpr (Base::shared) {
        if (filed) this->give_idle();
      }
    }
    return Error::none;
  }

  /// The rest of deallocate_or where no page of the caller's own is: most likely another agent's block.
  [[gnu::noinline]] Error deallocate_elsewhere(Address p)
    requires Base::shared
  {
    return ready() && free_elsewhere(p) ? Error::none : deallocate_any(p);
  }

  /// Frees the block that begins at `p` if it is another agent's. Returns whether it did. The caller need be no agent.
  bool free_elsewhere(Address p)
    requires Base::shared
  {
    const Address turned = rotate_right(static_cast<Address>(p - this->origin()), granule_shift);
    return turned < this->header().granules && this->free_if_foreign(static_cast<Granule>(turned));
  }

  /// deallocate for any block, not fast.
  [[gnu::noinline]] Error deallocate_any(Address p) {
    if (!ready()) return Error::not_attached;
    const Granule g = this->live_block(p);
    if (Base::failed(g)) return Base::error_of(g);
    if constexpr (Base::shared) {
      if (!this->is_own_at(g)) return this->free_remotely(g);
    }
    const Granule n = this->size_at(g);
    release_live(g, n);
    if constexpr (Base::shared) {
      if (n > small_max) this->give_idle();
    }
    return Error::none;
  }

  /// allocate_raw, once: for callers that are not hot themselves.
  template <class Size>
  ALLOT_ONCE_UNLESS_SMALL Granule allocate_call(Size size) {
    return small_code ? allocate_sized(size) : allocate_raw(size);
  }
  /// The same for a block that is not returned yet.
  template <class Size>
  Granule place_call(Size size) {
    return place_sized(size);
  }

  [[gnu::noinline]] Granule allocate_zeroed_raw(u64 count, u64 size) {
    // Against the address space, not against 2^64: the compiler would make a 128-bit product of that.
    if (size != 0 && count > Base::address_limit / size) return Base::failure(Error::size_too_large);
    return allocate_zeros(count * size);
  }
  template <class Size>
  Granule allocate_zeros(Size size) {
    // (An agent that dies while it writes zeros is still allocating: its block is not returned yet.)
    if (!ready()) return Base::failure(Error::not_attached);
    const Granule g = Base::shared ? place_call(size) : allocate_call(size);
    if (!Base::failed(g)) zero_block(g, size);
    return this->returned(g);
  }

  template <class Size>
  [[gnu::noinline]] Granule allocate_aligned_raw(Size alignment, Size size) {
    if (!is_power_of_two(alignment) || u64{alignment} >= Base::address_limit)
      return Base::failure(Error::invalid_alignment);
    if (alignment <= granule_bytes) return allocate_call(size);
    if (size > Base::address_limit - granule_bytes) return Base::failure(Error::size_too_large);
    const Granule c = granules_for(size);
    const Granule extra = static_cast<Granule>(alignment >> granule_shift) - 1;
    if (c > granule_limit - extra) return Base::failure(Error::size_too_large);
    // Below address_limit.
    const Address unit = static_cast<Address>(alignment);
    if constexpr (Base::shared) {
      if (!ready()) return Base::failure(Error::not_attached);
      return this->returned(place_aligned_shared(unit, size, c, c + extra));
    }
    if (!this->within_quota(c)) return Base::failure(Error::quota_exceeded);
    // The padding is cut off again at once and was never live to anybody: it counts neither against the
    // quota nor as peak.
    const u64 quota = this->header().quota;
    const u32 peak = this->agent().peak;
    this->header().quota = ~u64{0};
    Granule g = this->place_slow(c + extra);
    if (!Base::failed(g)) g = cut_to_alignment(g, unit, c);
    const u32 live = this->live_granules();
    this->agent().peak = live > peak ? live : peak;
    this->header().quota = quota;
    this->set_watermark();
    this->seal();
    return noted(g, size);
  }

  template <class Size>
  [[gnu::noinline]] Granule reallocate_raw(Address p, Size size) {
    if (!ready()) return Base::failure(Error::not_attached);
    const Granule g = this->live_block(p);
    if (Base::failed(g)) return g;
    if (size > Base::address_limit - granule_bytes) return Base::failure(Error::size_too_large);
    const Granule n = this->size_at(g);
    const Granule c = granules_for(size);
    if constexpr (Base::shared) {
      if (!this->is_own_at(g)) return this->returned(reallocate_remotely(g, n, c, size));
    }
    if (c <= n) {
      shrink(g, n, c);
    } else if (is_shut_in(g + n) || (!extend_in_place(g, n, c) && !extend_at_end(g, n, c))) {
      const Granule to = place_grown(size, c);
      if (Base::failed(to)) return this->returned(to);
      copy_block(to, g, n);
      release_grown(p, g, n);
      return this->returned(to);
    }
    return this->returned(noted(g, size));
  }

  Address address(Granule g) const { return this->address_of(g); }
  static constexpr bool failed(Granule g) { return Base::failed(g); }
  static constexpr Error error_of(Granule g) { return Base::error_of(g); }

 private:
  Result<Address> result_of(Granule g) const {
    if (Base::failed(g)) [[unlikely]]
      return Base::error_of(g);
    return this->address_of(g);
  }

  // --- In shared heaps --------------------------------------------------------------------------

  /// Whether the caller may use the heap: as an agent.
  [[gnu::always_inline]] bool ready() const {
    if constexpr (Base::shared)
      return this->is_attached();
    else
      return true;
  }
  /// Before and after what several agents may not do at once.
  bool enter() {
    if constexpr (Base::shared)
      return ready() && this->take_lock();
    else
      return true;
  }
  Error enter_error() const { return ready() ? Error::lock_held : Error::not_attached; }
  void leave() {
    if constexpr (Base::shared) this->give_lock();
  }

  /// The padding counts neither against the quota nor as peak, as below. It is cut off before the block is live
  /// to anybody: who dies in here leaves one block at most, and says which.
  Granule place_aligned_shared(Address alignment, u64 size, Granule c, Granule most)
    requires Base::shared
  {
    if (!this->within_quota(c)) return Base::failure(Error::quota_exceeded);
    auto& a = this->agent();
    const u32 share = a.share;
    const u32 peak = a.peak;
    a.share = ~u32{0};
    Granule g = this->place_slow(most);
    if (!Base::failed(g)) {
      Granule n = this->size_at(g);
      const Granule head = granules_to(g, alignment);
      if (head != 0) {
        this->cut(g, n, head);
        this->clear_bit(g, page_record::live);
        this->note_free(head);
        n -= head;
        this->begin_block(g + head);
        this->set_bit(g + head, page_record::live);
        this->release(g, head);
        g += head;
      }
      if (n != c) cut_off(g, n, c);
    }
    const u32 live = this->live_granules();
    a.peak = live > peak ? live : peak;
    // With the pages of an orphan comes what is live in them, which has its share of the quota.
    a.share = live > share ? live : share;
    this->set_watermark();
    return noted(g, size);
  }

  /// Another agent's block stays where it is if it has the right length; else it moves to this agent's memory.
  template <class Size>
  Granule reallocate_remotely(Granule g, Granule n, Granule c, Size size) {
    const bool fits = c <= n;
    if (fits && n <= this->slack_limit(c) && !this->records_sizes()) return g;
    const Granule to = place_call(size);
    // Shrinking never fails.
    if (Base::failed(to)) return fits && !this->records_sizes() ? g : to;
    this->place().memory.copy(this->address_of(to), this->address_of(g), u64{fits ? c : n} << granule_shift);
    // It is live: its copy was just made. Who frees it meanwhile breaks the rules, and the copy is good all the same.
    (void)this->free_remotely(g);
    return to;
  }

  /// Granules of a block for `size` bytes, which is at most address_limit.
  template <class Size>
  Granule granules_for(Size size) const {
    const Granule c = static_cast<Granule>((size + granule_bytes - 1) >> granule_shift);
    // See requested.hpp: a slack of 16 needs two granules.
    return c != 0 ? c : this->records_sizes() ? 2 : 1;
  }

  /// The block at `g`, or what an allocation has failed with, after what was asked for is written down where that is kept.
  template <class Size>
  [[gnu::always_inline]] Granule noted(Granule g, Size size) {
    if (!Base::failed(g) && this->records_sizes()) this->note_requested(g, this->size_at(g), size);
    return g;
  }

  /// How far the first multiple of `alignment` is from `g`.
  Granule granules_to(Granule g, Address alignment) const {
    return static_cast<Granule>(((Address{0} - this->address_of(g)) & (alignment - 1)) >> granule_shift);
  }
  /// Cuts the live block at `g` to an aligned one of c granules; returns where that begins.
  Granule cut_to_alignment(Granule g, Address alignment, Granule c) {
    Granule n = this->size_at(g);
    const Granule head = granules_to(g, alignment);
    if (head != 0) {
      cut_live(g, n, head);
      g += head;
      n -= head;
      release_live(g - head, head);
    }
    // No slack here: the caller has yet to see whether the quota allows more than c.
    if (n != c) cut_off(g, n, c);
    return g;
  }

  /// Cuts a live block in two live blocks; the count of granules stays, that of blocks grows.
  void cut_live(Granule g, Granule n, Granule at) {
    this->cut(g, n, at);
    this->set_bit(g + at, page_record::live);
  }
  /// A new block of c granules, for `size` bytes, for one that has grown and cannot stay where it is. (An agent of
  /// several gives long free blocks back to all.)
  template <class Size>
  Granule place_grown(Size size, Granule c) {
    if constexpr (!small_code && !Base::shared) {
      const Granule g = c >= Base::roomy_from ? this->place_roomy(c) : granule_limit;
      if (g != granule_limit) return noted(g, size);
    }
    return Base::shared ? place_call(size) : allocate_call(size);
  }
  /// Whether a live block begins at `end` in the same page, so that the one before cannot become longer.
  bool is_shut_in(Granule end) const {
    return !small_code && (end & (granules_per_page - 1)) != 0 && this->is_live(end);
  }
  /// The block at `p`, of n granules, was moved.
  void release_grown(Address p, Granule g, Granule n) {
    const Address start_ref = this->start_ref(g);
    if constexpr (!small_code && !Base::shared) {
      if (n <= small_max && !this->is_tight()) {
        this->clear_bit(g, page_record::live);
        this->note_free(n);
        return this->push_hint_at(g, n, start_ref);
      }
    }
    (void)deallocate_rest(p, start_ref);
  }
  void copy_block(Granule to, Granule from, Granule n) {
    const auto& memory = this->place().memory;
    const u64 bytes = u64{n} << granule_shift;
    if constexpr (requires { memory.copy_granules(bytes, bytes, bytes); })
      memory.copy_granules(this->address_of(to), this->address_of(from), bytes);
    else
      memory.copy(this->address_of(to), this->address_of(from), bytes);
  }
  /// The first `size` bytes of a block, and perhaps more of it.
  template <class Size>
  void zero_block(Granule g, Size size) {
    const auto& memory = this->place().memory;
    if constexpr (requires { memory.zero_granules(u64{size}, u64{size}); })
      memory.zero_granules(this->address_of(g), round_up(u64{size}, granule_bytes));
    else
      memory.zero(this->address_of(g), size);
  }
  /// A live block becomes free.
  void release_live(Granule g, Granule n) {
    this->clear_bit(g, page_record::live);
    this->note_free(n);
    this->release(g, n);
  }
  /// Cuts off what a live block of n granules has beyond c, if the policy does not let it keep that.
  void shrink(Granule g, Granule n, Granule c) {
    if (n > this->slack_limit(c)) cut_off(g, n, c);
  }
  [[gnu::noinline]] void cut_off(Granule g, Granule n, Granule c) {
    this->cut(g, n, c);
    this->note_free(n - c);
    this->release(g + c, n - c);
  }

  /// Makes the live block at `g` at least c granules long if what follows it is free.
  bool extend_in_place(Granule g, Granule n, Granule c) {
    const Granule end = g + n;
    // A look first: most of the time it is not enough, and what is there can stay as it is.
    if (!small_code && !follow_free(end, c - n)) return false;
    this->clear_words(g, n);
    const Granule whole = n + this->absorb_above(end);
    Granule keep = n;
    if (whole >= c && this->within_quota(c - n))
      keep = whole <= this->slack_limit(c) && this->within_quota(whole - n) ? whole : c;
    this->note_peak(keep - n);
    this->note_live(keep - n);
    if (keep != whole) {
      this->cut(g, whole, keep);
      this->release(g + keep, whole - keep);
    } else {
      this->set_words(g, whole);
    }
    return keep != n;
  }
  /// The same with memory that is taken for it behind the heap's last block. (Of several agents none has the heap's end.)
  bool extend_at_end(Granule g, Granule n, Granule c) {
    if constexpr (!small_code && !Base::shared)
      return c >= granules_per_page && this->take_behind(g + n, c - n, c) && extend_in_place(g, n, c);
    return false;
  }
  /// Whether at least `needed` free granules begin at `end`, where a block ends. Few free blocks follow each other.
  bool follow_free(Granule end, Granule needed) const {
    Granule found = 0;
    while (found < needed && this->has_next(end + found)) {
      const Granule at = end + found;
      if (at == this->agent().run_begin)
        found += this->agent().run_end - at;
      else if (this->is_free(at))
        found += this->size_at(at);
      else
        return false;
    }
    return found >= needed;
  }
};

}  // namespace allot
