// Purpose: a heap in a guest's memory, driven from this program.
// Floor:   door host.
//
// A Heap is a handle: its copies are the same heap, and so is every guest, module or host that attaches to
// the same image. Nothing that a guest does to its memory can make a call here do anything but succeed, or
// give an error. One thread at a time uses a heap and its copies, as a guest has one. In a shared memory each
// thread attaches for itself, and is an agent of the heap then, as the guest's threads are.
#pragma once

#include <unistd.h>

#include <allot/host/array_ref.hpp>
#include <allot/host/block.hpp>
#include <allot/host/core_allocator.hpp>
#include <allot/host/guest_allocator.hpp>
#include <allot/host/options.hpp>
#include <allot/host/outside_allocator.hpp>
#include <allot/host/shared_allocator.hpp>
#include <allot/host/struct_ref.hpp>
#include <allot/host/text.hpp>

namespace allot {

/// A handle: copies are the same heap. One that is const reads memory and looks at the heap, and changes neither.
class Heap {
 public:
  Heap() = default;
  explicit operator bool() const { return state_ != nullptr; }

  // --- Three ways to a heap ---------------------------------------------------------------------
  // `memory` is an adapter: a temporary or a moved one is kept in the heap, a variable is referred to and
  // must outlive every handle and reference.

  /// The heap whose image a guest or another host keeps in this memory. If it is one for several agents, this becomes
  /// one of them, for as long as a copy of this heap, or a reference, is left: the memory must be there until then, or
  /// until detach(). That may grow the memory. Error: not_a_heap, wrong_version, wrong_address_type (also an image for
  /// one agent in a shared memory), corrupt_image; too_many_agents, out_of_memory, lock_held, memory_can_move (one for
  /// several, where the base is not fixed).
  template <HostMemory M>
  static Result<Heap> attach(M&& memory, const AttachOptions& options = {}) {
    return attach_erased(detail::erase_type<M>(std::forward<M>(memory)), options);
  }

  /// A new heap in a part of the memory that nobody else uses: with the image inside a shared memory one for several
  /// agents, of which this is the first. May grow the memory. Error, with nothing changed: invalid_span, invalid_policy,
  /// out_of_memory, memory_can_move (a shared memory whose base is not fixed), unaligned (a base that is no multiple of
  /// 16).
  template <HostMemory M>
  static Result<Heap> create(M&& memory, const CreateOptions& options = {}) {
    return create_erased(detail::erase_type<M>(std::forward<M>(memory)), options);
  }

  /// The guest's own allocator, called through its exports. What only the core can do is
  /// unsupported_operation.
  template <HostMemory M>
  static Result<Heap> adopt(M&& memory, GuestFunctions functions) {
    if (!functions.malloc || !functions.free) return host_error::bad_allocator;
    Heap heap(detail::erase_type<M>(std::forward<M>(memory)));
    heap.state_->allocator =
        std::make_unique<host::GuestAllocator>(*heap.state_->memory, std::move(functions));
    return heap;
  }

  /// A heap whose image lay outside, from a copy of its records (a snapshot has one), which are checked.
  template <HostMemory M>
  static Result<Heap> restore_outside(M&& memory, std::span<const u8> records, u64 image) {
    Heap heap(detail::erase_type<M>(std::forward<M>(memory)));
    auto made = host::attach_outside<u32>(*heap.state_->memory, records, image);
    if (!made) return made.error();
    heap.state_->allocator = std::move(made).value();
    return heap;
  }

  /// The heap in a copy of a memory, where nobody is at work (a snapshot restored): as attach, and every invariant is
  /// checked. If the heap is one for several agents, this goes on as the first of them, and the others are reaped.
  template <HostMemory M>
  static Result<Heap> restore_inside(M&& memory, u64 image) {
    AttachOptions options;
    options.image = image;
    return attach_erased(detail::erase_type<M>(std::forward<M>(memory)), options, true);
  }

  /// To be called before the guest goes while handles or references are left: from then on each of them, in
  /// every copy of this heap, gives no_memory, freed_block or out_of_bounds, and frees nothing.
  void detach() {
    if (!state_) return;
    // An agent of a heap for several leaves first: it can as long as there is the memory.
    state_->allocator = std::make_unique<host::NoAllocator>();
    state_->memory->detach();
  }

  // --- Blocks -----------------------------------------------------------------------------------
  // Addresses are byte offsets in the guest's memory. All that allocates may grow the memory. Error:
  // out_of_memory, quota_exceeded, size_too_large; of a guest's allocator also bad_allocator.

  Result<u64> allocate(u64 size) {
    return request(size, [=](host::Allocator& a) { return a.allocate(size); });
  }
  /// Error, with nothing changed: double_free, interior_address, metadata_address, foreign_address,
  /// wild_address. (Only while nothing else has been allocated there: an address that was given out again is a block's.)
  Error deallocate(u64 address) { return state_ ? state_->deallocate(address) : host_error::no_memory; }
  /// Another size for the block, which may move. When it fails the old block stays.
  Result<u64> reallocate(u64 address, u64 size) {
    return request(size, [=](host::Allocator& a) { return a.reallocate(address, size); });
  }
  Result<u64> allocate_zeroed(u64 count, u64 size) {
    return request(count * size, [=](host::Allocator& a) { return a.allocate_zeroed(count, size); });
  }
  /// Error: also invalid_alignment.
  Result<u64> allocate_aligned(u64 alignment, u64 size) {
    return request(size, [=](host::Allocator& a) { return a.allocate_aligned(alignment, size); });
  }
  /// A block that goes with the handle.
  Result<unique_block> allocate_unique(u64 size) {
    Heap kept = *this;
    const Result<u64> block = kept.allocate(size);
    if (!block) return block.error();
    return unique_block(std::move(kept).keep(block.value()), size);
  }
  Result<shared_block> allocate_shared(u64 size) {
    Result<unique_block> block = allocate_unique(size);
    if (!block) return block.error();
    return shared_block(std::move(block.value()));
  }
  /// A block that goes when the token's object does. Returns its address. Error: also freed_block, with nothing
  /// allocated, when the object is gone already, or was moved from.
  Result<u64> allocate_tied(u64 size, const WeakToken& token) {
    if (state_ && token.expired()) return host_error::freed_block;
    Result<unique_block> block = allocate_unique(size);
    if (!block) return block.error();
    const u64 address = block.value().address();
    if (const Error error = tie(std::move(block.value()), token); error != Error::none) return error;
    return address;
  }
  /// A handle that frees a block which is there already, for instance one that the guest has handed over.
  Result<unique_block> own(u64 address) {
    const Result<u64> size = usable_size(address);
    if (!size) return size.error();
    return unique_block(host::Keep(state_, address, true), size.value());
  }

  Result<u64> usable_size(u64 address) const {
    return ask([=](host::Allocator& a) { return a.usable_size(address); });
  }
  Result<u64> requested_size(u64 address) const {
    return ask([=](host::Allocator& a) { return a.requested_size(address); });
  }
  bool owns(u64 address) const { return static_cast<bool>(usable_size(address)); }
  /// Moves the block to a place of the caller's choice, which must be free. Error: invalid_span, span_in_use.
  Error relocate(u64 from, u64 to) {
    return act([=](host::Allocator& a) { return a.relocate(from, to); });
  }

  // --- Typed blocks, which the references own ---------------------------------------------------

  template <GuestValue T>
  Result<Ref<T>> make(T value = T{}) {
    Heap kept = *this;
    const Result<u64> block = kept.aligned_block(sizeof(T), sizeof(T));
    if (!block) return block.error();
    Ref<T> ref(std::move(kept).keep(block.value()), block.value());
    if (const Error error = ref.write(value); error != Error::none) return error;
    return ref;
  }
  /// `length` zeros.
  template <GuestValue T>
  Result<ArrayRef<T>> make_array(u64 length) {
    Heap kept = *this;
    const Result<u64> block = kept.zeroed_block(sizeof(T), length, sizeof(T));
    if (!block) return block.error();
    return ArrayRef<T>(std::move(kept).keep(block.value()), block.value(), length);
  }
  template <GuestValue T>
  Result<ArrayRef<T>> make_array(std::span<const T> values) {
    Result<ArrayRef<T>> array = make_array<T>(values.size());
    if (!array) return array;
    if (const Error error = array.value().write_all(values); error != Error::none) return error;
    return array;
  }
  /// A text, with a zero unit behind it for guests that look for one. Error: also malformed_text.
  template <Encoding E = utf8>
  Result<StringRef<E>> make_string(std::string_view text) {
    using Unit = typename E::unit;
    const auto units = E::encode(text);
    if (!units) return units.error();
    const u64 count = units.value().size();
    Heap kept = *this;
    const Result<u64> block = kept.allocate_zeroed(count + 1, sizeof(Unit));
    if (!block) return block.error();
    StringRef<E> string(std::move(kept).keep(block.value()), block.value(), count);
    if (const Error error = string.write(text); error != Error::none) return error;
    return string;
  }
  /// A struct, all zeros.
  template <StructLayout L, class Abi = wasm32>
  Result<StructRef<L, Abi>> make_struct() {
    Heap kept = *this;
    const Result<u64> block = kept.zeroed_block(L::template alignment<Abi>, 1, L::template size<Abi>);
    if (!block) return block.error();
    return StructRef<L, Abi>(std::move(kept).keep(block.value()), block.value());
  }
  template <StructLayout L, class Abi = wasm32>
  Result<StructArrayRef<L, Abi>> make_struct_array(u64 length) {
    Heap kept = *this;
    const Result<u64> block = kept.zeroed_block(L::template alignment<Abi>, length, L::template size<Abi>);
    if (!block) return block.error();
    return StructArrayRef<L, Abi>(std::move(kept).keep(block.value()), block.value(), length);
  }

  // --- Typed access to what is there, which owns nothing ----------------------------------------
  // At any address of the memory, whoever put the object there. Error: out_of_bounds; no_memory (an empty handle, which
  // gives this for all that it is asked).

  template <GuestValue T>
  Result<Ref<T>> at(u64 address) {
    if (!has(address, 1, sizeof(T))) return nothing_there();
    return Ref<T>(look(address), address);
  }
  template <GuestValue T>
  Result<ArrayRef<T>> array_at(u64 address, u64 length) {
    if (!has(address, length, sizeof(T))) return nothing_there();
    return ArrayRef<T>(look(address), address, length);
  }
  template <Encoding E = utf8>
  Result<StringRef<E>> string_at(u64 address, u64 units) {
    if (!has(address, units, sizeof(typename E::unit))) return nothing_there();
    return StringRef<E>(look(address), address, units);
  }
  template <StructLayout L, class Abi = wasm32>
  Result<StructRef<L, Abi>> struct_at(u64 address) {
    if (!has(address, 1, L::template size<Abi>)) return nothing_there();
    return StructRef<L, Abi>(look(address), address);
  }
  template <StructLayout L, class Abi = wasm32>
  Result<StructArrayRef<L, Abi>> struct_array_at(u64 address, u64 length) {
    if (!has(address, length, L::template size<Abi>)) return nothing_there();
    return StructArrayRef<L, Abi>(look(address), address, length);
  }
  /// What a guest's pointer leads to. Error: also unsafe_pointer. A null pointer leads to address 0, as in
  /// wasm.
  template <GuestValue T, class Bits, u64 most>
  Result<Ref<T>> follow(GuestPointer<T, Bits, most> pointer) {
    const Result<u64> address = pointer.address();
    if (!address) return address.error();
    return at<T>(address.value());
  }
  /// The same of a pointer to a struct, which is laid out as in a guest with pointers of that size. Where another one
  /// keeps 8-byte pointers: struct_at<L, wasm32>(pointer.address().value()).
  template <StructLayout L, class Bits, u64 most>
  Result<StructRef<L, host::AbiOf<Bits>>> follow(GuestPointer<L, Bits, most> pointer) {
    const Result<u64> address = pointer.address();
    if (!address) return address.error();
    return struct_at<L, host::AbiOf<Bits>>(address.value());
  }
  /// A text that a guest ended with a zero unit, copied; at most `most` units are looked at. Error:
  /// malformed_text, text_too_long, out_of_bounds.
  template <Encoding E = utf8>
  Result<std::string> read_c_string(u64 address, u64 most = 1u << 20) const {
    if (!state_) return host_error::no_memory;
    const auto units = host::copy_terminated<E>(*state_->memory, address, most);
    if (!units) return units.error();
    return E::decode(units.value());
  }
  /// `length` bytes, or values, as a span. Error: out_of_bounds, unaligned.
  template <GuestValue T = u8>
  Result<CheckedSpan<T>> span(u64 address, u64 length) {
    if (!has(address, length, sizeof(T))) return nothing_there();
    CheckedSpan<T> found(state_, address, length);
    if (found.is_stale()) return host_error::unaligned;
    return found;
  }
  template <GuestValue T>
  Result<T> read(u64 address) const {
    const u8* const at = locate(address, sizeof(T));
    if (at == nullptr) return nothing_there();
    return host::load_value<T>(at);
  }
  template <GuestValue T>
  Error write(u64 address, T value) {
    u8* const at = locate(address, sizeof(T));
    if (at == nullptr) return nothing_there();
    host::store_value(at, value);
    return Error::none;
  }
  /// memmove and memset in the guest's memory.
  Error copy(u64 to, u64 from, u64 n) {
    u8* const target = locate(to, n);
    const u8* const source = locate(from, n);
    if (target == nullptr || source == nullptr || n > most_bytes) return nothing_there();
    if (n != 0) __builtin_memmove(target, source, n);
    return Error::none;
  }
  Error fill(u64 at, u64 n, u8 value = 0) {
    u8* const target = locate(at, n);
    if (target == nullptr || n > most_bytes) return nothing_there();
    if (n != 0) __builtin_memset(target, value, n);
    return Error::none;
  }

  // --- Looking at it ----------------------------------------------------------------------------

  Result<u64> statistic(Statistic which) const {
    return ask([=](host::Allocator& a) { return a.statistic(which); });
  }
  /// The first invariant found broken, if any. What a hostile image cannot even be checked for is
  /// corrupt_image.
  Result<Violation> validate() const {
    return ask([](host::Allocator& a) { return a.validate(); });
  }
  Result<Block> block_at(u64 address) const {
    return ask([=](host::Allocator& a) { return a.block_at(address); });
  }
  /// Calls visit(Block) for each block, free ones too, in the order of their addresses, as far as the heap reached at the
  /// beginning. The visitor may use the heap as it likes: free the block that it is shown or another one, allocate, trim,
  /// let the heap go. Where what comes next has become one with what lies before it, the rest of that is shown if it is
  /// free, and nothing if it is a block: one that the visitor itself has put there may be shown or not. Error:
  /// corrupt_image, and as statistic().
  template <class Visit>
  Error walk(Visit visit) const {
    Heap kept = *this;
    const Result<u64> begin = kept.statistic(Statistic::begin);
    const Result<u64> top = kept.statistic(Statistic::top);
    if (!begin || !top) return begin ? top.error() : begin.error();
    Trail trail{begin.value(), begin.value(), begin.value(), trail_lengths * kept.memory_bytes()};
    for (u64 at = begin.value(); at < top.value();) {
      Result<Block> block = kept.block_at(at);
      if (block && block.value().size == 0) block = kept.block_from(at, trail);
      if (!block) return block.error();
      const auto& [address, size, kind] = block.value();
      if (size == 0) return Error::none;
      // Behind the memory's end no sound heap has a block.
      if (!kept.has(at, 1, size)) return Error::corrupt_image;
      trail.before = std::exchange(trail.last, address);
      if (address == at) visit(block.value());
      at += size;
    }
    return Error::none;
  }
  [[nodiscard]] Result<u64> image() const {
    return state_ ? state_->allocator->image() : Result<u64>(host_error::no_memory);
  }
  [[nodiscard]] bool image_is_inside() const { return state_ && state_->allocator->image_is_inside(); }
  [[nodiscard]] u64 memory_bytes() const { return state_ ? state_->memory->bytes() : 0; }
  [[nodiscard]] bool base_is_fixed() const { return state_ && state_->memory->base_is_fixed(); }

  // --- Agents -----------------------------------------------------------------------------------
  // Of a heap that several use at once (docs/agents.md); of another one all but the first is unsupported_operation.
  // A block may be freed by any of them, through its own heap. A unique_block or a reference frees through the heap
  // that it came from: to hand one to another thread, hand over its release() and let that thread own() it.

  [[nodiscard]] bool is_shared() const { return state_ && state_->allocator->is_shared(); }
  /// The number of the agent that this heap, and all its copies, are. Error: also not_attached, if it only looks.
  [[nodiscard]] Result<u32> agent() const {
    return state_ ? state_->allocator->agent() : Result<u32>(host_error::no_memory);
  }
  /// All agents: those that have ended without a word, too, until they are reaped; and one that comes or goes, if it has the
  /// lock. Exact while they are quiet.
  Result<std::vector<AgentStatus>> agents() const {
    return ask([](host::Allocator& a) { return a.agents(); });
  }
  /// Tells the heap that an agent will never run again, wherever it ended: what it held of the heap's own is given
  /// back, its blocks stay. To reap one that still runs damages the heap. O(heap). `agent`: a number, or
  /// joining_agent. Error: no_such_agent, lock_held (yet another one has it, and may have ended), not_attached.
  Error reap(u32 agent) {
    return act([=](host::Allocator& a) { return a.reap(agent); });
  }

  // --- Limits, spans, giving back ---------------------------------------------------------------

  Error reserve(u64 begin, u64 end) {
    return act([=](host::Allocator& a) { return a.reserve(begin, end); });
  }
  Error unreserve(u64 begin) {
    return act([=](host::Allocator& a) { return a.unreserve(begin); });
  }
  Error grow(u64 pages) {
    return act([=](host::Allocator& a) { return a.grow(pages); });
  }
  Error set_maximum(u64 address) {
    return act([=](host::Allocator& a) { return a.set_maximum(address); });
  }
  Error set_quota(u64 bytes) {
    return act([=](host::Allocator& a) { return a.set_quota(bytes); });
  }
  Error merge() {
    return act([](host::Allocator& a) { return a.merge(); });
  }
  /// Merges free memory and gives up the pages at the heap's end that hold nothing. Returns how many pages
  /// the memory needs from now on. WebAssembly has no way to shorten a memory: where the adapter can, the
  /// bytes behind are given back to the system, and the heap takes the pages again when it needs them. Error:
  /// unsupported_operation (a heap for several agents).
  Result<u64> trim();
  /// Merges free memory and gives the system's pages that lie wholly in it back to the system, where the adapter can: the
  /// process becomes smaller, the memory does not become shorter. Returns the bytes of these pages, also of those that
  /// were given back before; they read as zeros then. The rest of the free memory, where a block has part of the page,
  /// may stay as it is. Error: unsupported_operation (also: a heap for several agents, who may be about to use what is
  /// free).
  Result<u64> purge();

  // --- Events -----------------------------------------------------------------------------------

  Subscription on(EventKind kind, EventHandler handler) {
    if (!state_) return {};
    return Subscription(state_->subscribe(kind, std::move(handler), std::nullopt));
  }
  /// Until the token's object dies.
  void on(EventKind kind, const WeakToken& token, EventHandler handler) {
    if (state_) state_->subscribe(kind, std::move(handler), token);
  }
  /// Asked before a request fails; for as long as it says true the request is tried again.
  void on_out_of_memory(OutOfMemoryHook hook) {
    if (state_) state_->ask_when_out_of_memory(std::move(hook));
  }

  /// The same memory, for adapters and resources built upon the heap.
  [[nodiscard]] const std::shared_ptr<host::State>& state() const { return state_; }

 private:
  explicit Heap(std::unique_ptr<AnyMemory> memory) : state_(std::make_shared<host::State>()) {
    state_->memory = std::move(memory);
    state_->seen_bytes = state_->memory->bytes();
  }

  static Result<Heap> attach_erased(std::unique_ptr<AnyMemory> memory, const AttachOptions& options,
                                    bool is_copy = false);
  static Result<Heap> create_erased(std::unique_ptr<AnyMemory> memory, const CreateOptions& options);
  template <class Address>
  static Result<Heap> attach_as(Heap heap, u64 image, bool validate);
  template <class Address>
  static Result<Heap> share_as(Heap heap, u64 image, const AttachOptions& options, bool is_copy);
  template <class Address>
  static Result<Heap> create_as(Heap heap, const CreateOptions& wish);

  // No memory has as many. A compiler that knows an absurd length beforehand would warn of it otherwise.
  static constexpr u64 most_bytes = u64{1} << 48;

  [[nodiscard]] host::Keep look(u64 address) const { return {state_, address, false}; }
  [[nodiscard]] u8* locate(u64 address, u64 n) const {
    return state_ ? state_->memory->locate(address, n) : nullptr;
  }
  /// Whether there is a memory that has `count` times `size` bytes at an address.
  [[nodiscard]] bool has(u64 address, u64 count, u64 size) const {
    const u64 have = memory_bytes();
    return state_ && address <= have && count <= (have - address) / size;
  }
  [[nodiscard, gnu::noinline, gnu::cold]] Error nothing_there() const {
    return state_ ? host_error::out_of_bounds : host_error::no_memory;
  }

  /// The owner of a new block, in place of this handle: a copy that was made before the allocation, since the handlers
  /// that this told of may have let the heap's handle itself go.
  [[nodiscard]] host::Keep keep(u64 block) && { return {std::move(state_), block, true}; }

  template <class Operation>
  [[gnu::always_inline]] Result<u64> request(u64 size, Operation operation) {
    if (!state_) [[unlikely]]
      return host_error::no_memory;
    return state_->request(size, operation);
  }
  template <class Operation>
  auto ask(Operation operation) const -> decltype(operation(std::declval<host::Allocator&>())) {
    if (!state_) return host_error::no_memory;
    auto answer = operation(*state_->allocator);
    if (!answer) (void)state_->noted(answer.error());  // tells of damage; the answer has the error
    return answer;
  }
  template <class Operation>
  Error act(Operation operation) {
    if (!state_) return host_error::no_memory;
    const std::shared_ptr<host::State> kept = state_;
    const Error error = kept->noted(operation(*kept->allocator));
    kept->look_at_memory();
    return error;
  }
  /// What a walk has come by, and may find its way back by. A visitor that frees all that it is shown makes it one with
  /// what was there before it.
  struct Trail {
    u64 last, before;  // where blocks began, when they were shown
    u64 found;  // the same of one that has grown over where the walk was to go on
    u64 left;  // bytes that may still be searched for one
  };
  // No visitor has a walk search for so long; a hostile thread of the guest might.
  static constexpr u64 trail_lengths = 1024;

  /// What is left, from an address on at which no block begins any more, of the block there; a live one is given with
  /// its own address. Of size 0 where the heap has become shorter.
  Result<Block> block_from(u64 at, Trail& trail) const {
    const Result<u64> top = statistic(Statistic::top);
    if (!top) return top.error();
    if (at >= top.value()) return Block{at, 0, BlockKind::none};
    const auto covers = [at](const Block& block) {
      return block.address <= at && block.size > at - block.address;
    };
    Result<Block> around = block_at(trail.found);
    if (around && !covers(around.value())) around = block_at(trail.last);
    if (around && !covers(around.value())) around = block_at(trail.before);
    if (around && !covers(around.value())) {
      around = ask([=](host::Allocator& a) { return a.block_around(at); });
      if (around && (!covers(around.value()) || at - around.value().address > trail.left))
        return Error::corrupt_image;
      if (around) trail.left -= at - around.value().address;
    }
    if (!around) return around;
    const auto& [address, size, kind] = around.value();
    trail.found = address;
    return Block{kind == BlockKind::live ? address : at, size - (at - address), kind};
  }
  Result<u64> aligned_block(u64 alignment, u64 size) {
    // Every allocator aligns to 8 at least; only the guest's own may not to 16.
    return alignment <= 8 ? allocate(size) : allocate_aligned(alignment, size);
  }
  Result<u64> zeroed_block(u64 alignment, u64 count, u64 size) {
    if (alignment <= 8 || !state_) return allocate_zeroed(count, size);
    if (count > (u64{1} << 40) / size) return Error::size_too_large;
    const Result<u64> block = allocate_aligned(alignment, count * size);
    if (!block) return block;
    if (const Error error = fill(block.value(), count * size); error != Error::none) return error;
    return block;
  }

  std::shared_ptr<host::State> state_;
};

namespace host {

/// Where an image of any address type begins at or behind `from`, or ~0: as the guests' own allot_find.
inline u64 find_image(AnyMemory& memory, u64 from) {
  const u64 have = memory.bytes();
  const u8* const base = memory.base();
  if (base == nullptr || have < sizeof(Header) + sizeof(Agent)) return ~u64{0};
  for (u64 at = round_up(from, granule_bytes); at <= have - sizeof(Header) - sizeof(Agent);
       at += granule_bytes) {
    const auto word = [&](u64 offset) {
      return once(allot::load<u64>(reinterpret_cast<uintptr_t>(base + at + offset)));
    };
    if (word(offsetof(Header, magic)) == image_magic && word(offsetof(Header, self)) == at) return at;
  }
  return ~u64{0};
}

/// Of the system's pages that lie wholly in [at, at + n).
inline u64 bytes_of_whole_pages(AnyMemory& memory, u64 at, u64 n) {
  const u64 unit = static_cast<u64>(sysconf(_SC_PAGESIZE));
  const u64 base = reinterpret_cast<uintptr_t>(memory.base());
  const u64 begin = round_up(base + at, unit);
  const u64 end = round_down(base + at + n, unit);
  return begin < end ? end - begin : 0;
}

/// Records are read and written through pointers to numbers of eight bytes.
inline bool is_aligned(AnyMemory& memory) {
  return reinterpret_cast<uintptr_t>(memory.base()) % alignof(std::max_align_t) == 0;
}

}  // namespace host

inline Result<Heap> Heap::attach_erased(std::unique_ptr<AnyMemory> memory, const AttachOptions& options,
                                        bool is_copy) {
  Heap heap(std::move(memory));
  AnyMemory& bytes = *heap.state_->memory;
  if (!host::is_aligned(bytes)) return host_error::unaligned;
  const u64 image = options.image ? *options.image : host::find_image(bytes, 0);
  if (image == ~u64{0} || image % granule_bytes != 0) return Error::not_a_heap;
  const u8* const kind = bytes.locate(image, sizeof(Header));
  if (kind == nullptr) return Error::not_a_heap;
  // Only a choice: each core checks all of the header itself.
  constexpr u8 for_several = 2;
  const bool wide = kind[offsetof(Header, address_bytes)] == 8;
  if (bytes.is_shared() || (kind[offsetof(Header, outside)] & for_several) != 0)
    return wide ? share_as<u64>(heap, image, options, is_copy) : share_as<u32>(heap, image, options, is_copy);
  return wide ? attach_as<u64>(heap, image, options.validate) : attach_as<u32>(heap, image, options.validate);
}

template <class Address>
Result<Heap> Heap::share_as(Heap heap, u64 image, const AttachOptions& options, bool is_copy) {
  auto made = std::make_unique<host::SharedAllocator<Address>>(*heap.state_->memory, image, options.patience);
  if (const Error error = made->attach(); error != Error::none) return error;
  if (!heap.state_->memory->base_is_fixed()) return host_error::memory_can_move;
  if (options.validate) {
    if (const Error error = made->check(is_copy); error != Error::none) return error;
  }
  if (options.join) {
    if (const Error error = is_copy ? made->resume() : made->join(); error != Error::none) return error;
  }
  heap.state_->allocator = std::move(made);
  heap.state_->seen_bytes = heap.state_->memory->bytes();
  return heap;
}

template <class Address>
Result<Heap> Heap::attach_as(Heap heap, u64 image, bool validate) {
  auto made = std::make_unique<host::InsideAllocator<Address>>(*heap.state_->memory, image);
  if (const Error error = made->attach(); error != Error::none) return error;
  if (validate) {
    const Result<Violation> violation = made->validate();
    if (!violation) return violation.error();
    if (violation.value()) return Error::corrupt_image;
  }
  heap.state_->allocator = std::move(made);
  return heap;
}

inline Result<Heap> Heap::create_erased(std::unique_ptr<AnyMemory> memory, const CreateOptions& options) {
  Heap heap(std::move(memory));
  if (!host::is_aligned(*heap.state_->memory)) return host_error::unaligned;
  return options.address == AddressType::i64 ? create_as<u64>(heap, options) : create_as<u32>(heap, options);
}

template <class Address>
Result<Heap> Heap::create_as(Heap heap, const CreateOptions& wish) {
  AnyMemory& memory = *heap.state_->memory;
  Options options;
  options.begin = wish.begin.value_or(memory.bytes());
  options.end = wish.end;
  options.maximum = wish.maximum;
  options.quota = wish.quota;
  options.policy = wish.policy;
  options.record_sizes = wish.record_sizes;
  if (wish.image == ImagePlace::outside) {
    auto made = host::create_outside<Address>(memory, options);
    if (!made) return made.error();
    heap.state_->allocator = std::move(made).value();
  } else {
    const bool for_several = memory.is_shared();
    if (for_several && !memory.base_is_fixed()) return host_error::memory_can_move;
    const u64 image = BasicHeap<host::CheckedInside<Address>>::first_usable(options.begin);
    if (image < options.begin) return Error::invalid_span;
    if (for_several) {
      auto made = std::make_unique<host::SharedAllocator<Address>>(memory, image, wish.patience);
      if (const Error error = made->create(options); error != Error::none) return error;
      heap.state_->allocator = std::move(made);
      heap.state_->seen_bytes = memory.bytes();
      return heap;
    }
    auto made = std::make_unique<host::InsideAllocator<Address>>(memory, image);
    if (const Error error = made->create(options); error != Error::none) return error;
    heap.state_->allocator = std::move(made);
  }
  heap.state_->seen_bytes = memory.bytes();
  return heap;
}

inline Result<u64> Heap::trim() {
  const Result<u64> pages = ask([](host::Allocator& a) { return a.trim(); });
  if (!pages) return pages;
  const u64 have = memory_bytes();
  const u64 needed = pages.value() << page_shift;
  if (needed >= have) return have >> page_shift;
  (void)state_->memory->discard(needed, have - needed);
  state_->tell_resize(EventKind::trim, have, needed);
  return pages;
}

inline Result<u64> Heap::purge() {
  if (is_shared()) return host_error::unsupported_operation;
  Heap kept = *this;
  if (const Error error = kept.merge(); error != Error::none) return error;
  AnyMemory& memory = *kept.state_->memory;
  u64 given = 0;
  bool refused = false;
  const Error error = kept.walk([&](const Block& block) {
    if (block.kind != BlockKind::free || refused) return;
    if (memory.discard(block.address, block.size))
      given += host::bytes_of_whole_pages(memory, block.address, block.size);
    else
      refused = true;
  });
  if (error != Error::none) return error;
  if (refused) return host_error::unsupported_operation;
  return given;
}

}  // namespace allot
