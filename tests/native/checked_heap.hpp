// A heap and the model side by side: every operation is done on both and everything that can be seen
// from outside is compared after it. See operation.hpp for what the numbers of an operation mean.
//
// A Rig (rigs.hpp) holds the memory and the heap:
//   heap()      the heap; reattach() makes it anew from its image, where it has one
//   memory()    the managed memory
//   records()   whether requested sizes are recorded
#pragma once

#include <allot/heap/heaps.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "accounts.hpp"
#include "model.hpp"
#include "operation.hpp"
#include "pattern.hpp"
#include "rigs.hpp"
#include "walk.hpp"

namespace allot_test {

template <class Rig>
class CheckedHeap {
 public:
  using Address = typename Rig::Address;

  explicit CheckedHeap(Rig& rig) : rig_(rig), accounts_(read_accounts(rig.heap())) {}

  [[nodiscard]] const Model& model() const { return model_; }

  void apply(const Operation& operation) {
    ++count_;
    try {
      perform(operation);
      check_accounts();
    } catch (const Disagreement& disagreement) {
      disagree("operation ", count_, ", ", operation, ": ", disagreement.what());
    }
  }

  // Everything at once: the heap's own invariants, the walk, and every byte of every live block.
  void inspect() {
    if (const allot::Violation violation = rig_.heap().validate(); violation.number != 0) {
      disagree("validate() finds invariant ", violation.number, " broken at ", violation.address);
    }
    check_walk(rig_.heap(), model_);
    for (const auto& [address, block] : model_.blocks()) check_contents(address, block, block.usable);
  }

 private:
  static constexpr std::uint64_t granule = 16;
  // Granules are counted in 32 bits, so that even 64-bit addresses end at 64 GiB.
  static constexpr std::uint64_t address_space =
      sizeof(Address) == 4 ? std::uint64_t{1} << 32 : std::uint64_t{1} << 36;

  void perform(const Operation& operation) {
    const auto [verb, which, size] = operation;
    switch (verb) {
      case Verb::allocate: return allocate(size);
      case Verb::allocate_zeroed: return allocate_zeroed(1 + which % 8, size);
      case Verb::allocate_aligned: return allocate_aligned(which, size);
      case Verb::reallocate: return model_.empty() ? allocate(size) : reallocate(which, size);
      case Verb::relocate: return model_.empty() ? void() : relocate(model_.pick(which), which, size);
      case Verb::deallocate: return model_.empty() ? void() : deallocate(model_.pick(which));
      case Verb::deallocate_wrongly: return deallocate_wrongly(which, size);
      case Verb::reallocate_wrongly: return reallocate_wrongly(which, size);
      case Verb::reserve: return reserve(which, size);
      case Verb::unreserve: return unreserve(which);
      case Verb::set_quota: return set_quota(which, size);
      case Verb::set_maximum: return set_maximum(which, size);
      case Verb::merge: return rig_.heap().merge();
      case Verb::grow: return grow(which % 4);
      case Verb::reattach: return rig_.reattach();
      case Verb::inspect: return inspect();
    }
  }

  // --- allocation -------------------------------------------------------------------------------

  void allocate(std::uint64_t size) { received(rig_.heap().allocate(size), size, granule, false); }

  void allocate_zeroed(std::uint64_t count, std::uint64_t size) {
    received(rig_.heap().allocate_zeroed(count, size / count), size / count * count, granule, true);
  }

  // Alignments from 1 byte to 1 MiB, small ones more often; one in 32 is no power of two.
  void allocate_aligned(std::uint64_t which, std::uint64_t size) {
    const std::uint64_t exponent = which % 16 < 12 ? which / 16 % 13 : which / 16 % 21;
    std::uint64_t alignment = std::uint64_t{1} << exponent;
    if (which % 32 == 31) {
      alignment = which % 64 == 31 ? 0 : alignment * 2 + 1;
      if (alignment != 1) {
        const auto result = rig_.heap().allocate_aligned(alignment, size);
        if (result.error() != allot::Error::invalid_alignment)
          disagree("alignment ", alignment, " is accepted");
        return expect_unchanged();
      }
    }
    received(rig_.heap().allocate_aligned(alignment, size), size, alignment, false);
  }

  void received(const allot::Result<Address>& result, std::uint64_t size, std::uint64_t alignment,
                bool zeroed) {
    if (!result) {
      check_refusal(result.error(), model_.live_bytes(), size);
      return;
    }
    const std::uint64_t address = result.value();
    const LiveBlock block = describe(address, size);
    if (address % alignment != 0) disagree(address, " is no multiple of ", alignment);
    model_.add(address, block);
    check_quota();
    if (zeroed) {
      const std::uint64_t offset = first_nonzero(bytes_at(address), size);
      if (offset != size) disagree("byte ", offset, " of the zeroed block at ", address, " is not zero");
    }
    write_pattern(bytes_at(address), block.usable, block.mark);
  }

  // What the heap says about a block it has just handed out, checked against the request.
  LiveBlock describe(std::uint64_t address, std::uint64_t size) {
    const auto usable = rig_.heap().usable_size(static_cast<Address>(address));
    if (!usable) disagree("usable_size refuses the new block at ", address);
    if (usable.value() < size) disagree(usable.value(), " usable bytes for ", size, " requested");
    if (usable.value() < granule) disagree("a block of less than a granule at ", address);
    if (address % granule != 0) disagree(address, " is no multiple of a granule");
    if (address < accounts_.begin) disagree("a block at ", address, ", below the heap");
    if (address + usable.value() > rig_.memory().bytes()) disagree("a block past the memory's end");
    const allot::Block block = rig_.heap().block_at(address);
    if (block.kind != allot::BlockKind::live || block.size != usable.value()) {
      disagree("block_at(", address, ") does not find the new block of ", usable.value(), " bytes");
    }
    const auto requested = rig_.heap().requested_size(static_cast<Address>(address));
    if (rig_.records() && (!requested || requested.value() != size)) {
      disagree("the recorded size of ", address, " is not the requested ", size);
    }
    if (!rig_.records() && requested.error() != allot::Error::not_recorded) {
      disagree("requested_size does not say that sizes are not recorded");
    }
    return {usable.value(), size, ++marks_};
  }

  // A request may be refused for three reasons; whichever is given must be true, and nothing changes.
  void check_refusal(allot::Error error, std::uint64_t live_bytes, std::uint64_t size) {
    expect_unchanged();
    switch (error) {
      case allot::Error::out_of_memory:
        if (size > address_space) disagree("out_of_memory for a size beyond the address space");
        return;
      case allot::Error::size_too_large:
        // The exact border is tested by name (misuse/size_*.cpp); no honest size is near it.
        if (size < address_space / 4) disagree("size_too_large for ", size, " bytes");
        return;
      case allot::Error::quota_exceeded:
        if (model_.quota != Model::unlimited && live_bytes + least_bytes(size) > model_.quota) return;
        disagree("quota_exceeded with ", live_bytes, " bytes live, ", size, " requested, quota ",
                 model_.quota);
      default: disagree("a request of ", size, " bytes is refused with error ", number(error));
    }
  }

  void check_quota() const {
    if (model_.live_bytes() <= model_.quota) return;
    disagree(model_.live_bytes(), " bytes are live, the quota is ", model_.quota);
  }

  // --- reallocation -----------------------------------------------------------------------------

  void reallocate(std::uint64_t which, std::uint64_t size) {
    const std::uint64_t address = model_.pick(which);
    const LiveBlock old = *model_.at(address);
    const std::uint64_t live_before = model_.live_bytes();
    check_contents(address, old, old.usable);
    const auto result = rig_.heap().reallocate(static_cast<Address>(address), size);
    if (!result) {
      // Shrinking needs no memory, so only a block that becomes longer can be refused.
      if (size <= old.usable && least_bytes(size) <= old.usable)
        disagree("shrinking ", address, " is refused");
      // A quota may count both blocks while the contents move.
      return check_refusal(result.error(), live_before, size);
    }
    const std::uint64_t moved = result.value();
    model_.remove(address);
    const LiveBlock block = describe(moved, size);
    model_.add(moved, block);
    if (moved != address && model_.quota >= live_before) check_quota();
    if (moved != address) {
      model_.allow_peak(live_before + block.usable, read_accounts(rig_.heap()).peak);
    }
    const std::uint64_t promised = rig_.records() ? old.requested : old.usable;
    check_contents(moved, old, promised < size ? promised : size);
    write_pattern(bytes_at(moved), block.usable, block.mark);
  }

  // --- moving -----------------------------------------------------------------------------------

  void relocate(std::uint64_t address, std::uint64_t which, std::uint64_t place) {
    const std::uint64_t to = target_of(address, which, place);
    if (to > static_cast<std::uint64_t>(static_cast<Address>(~Address{0}))) return;
    const LiveBlock block = *model_.at(address);
    const allot::Error expected = expected_of_move(address, block.usable, to);
    const allot::Error error = rig_.heap().relocate(static_cast<Address>(address), static_cast<Address>(to));
    expect_unchanged();
    if (error != expected) {
      disagree("moving ", address, " to ", to, " gives error ", number(error), ", not ", number(expected));
    }
    if (error == allot::Error::none) {
      model_.remove(address);
      LiveBlock moved = describe(to, block.requested);
      if (moved.usable != block.usable) disagree("moving it changes the length of ", address);
      moved.mark = block.mark;
      model_.add(to, moved);
      freed_[count_ % freed_.size()] = address;
    }
    check_contents(error == allot::Error::none ? to : address, block, block.usable);
    const std::uint64_t wrong = wrong_address(which, place);
    if (!is_wrong(wrong)) return;
    check_misuse(rig_.heap().relocate(static_cast<Address>(wrong), static_cast<Address>(to)), wrong);
  }

  // Where to: near by, so that the block overlaps itself; to either end of free memory; or anywhere.
  std::uint64_t target_of(std::uint64_t address, std::uint64_t which, std::uint64_t place) const {
    const std::uint64_t kind = place % 8;
    place /= 8;
    const std::uint64_t step = granule * (place % 12);
    switch (kind) {
      case 0: return address < step ? 0 : address - step;
      case 1: return address + step;
      case 2: return accounts_.begin + place * granule % (accounts_.top - accounts_.begin);
      case 3: return place;  // as a rule between two granules
      default: break;
    }
    std::vector<allot::Block> free;
    for (const allot::Block& block : walk(rig_.heap())) {
      if (block.kind == allot::BlockKind::free) free.push_back(block);
    }
    if (free.empty()) return address;
    const allot::Block& hole = free[(which + place) % free.size()];
    if (kind < 7) return hole.address;
    const std::uint64_t usable = model_.at(address)->usable;
    return hole.address + hole.size < usable ? 0 : hole.address + hole.size - usable;
  }

  allot::Error expected_of_move(std::uint64_t address, std::uint64_t usable, std::uint64_t to) const {
    const Accounts& now = accounts_;
    if (to % granule != 0 || to < now.begin || to >= now.top || usable > now.top - to) {
      return allot::Error::invalid_span;
    }
    for (const allot::Block& block : walk(rig_.heap())) {
      if (block.address >= to + usable || block.address + block.size <= to) continue;
      if (block.kind != allot::BlockKind::free && block.address != address) return allot::Error::span_in_use;
    }
    return allot::Error::none;
  }

  // --- freeing ----------------------------------------------------------------------------------

  void deallocate(std::uint64_t address) {
    const LiveBlock block = model_.remove(address);
    check_contents(address, block, block.usable);
    const allot::Error error = rig_.heap().deallocate(static_cast<Address>(address));
    if (error != allot::Error::none) disagree("freeing ", address, " is refused: ", number(error));
    freed_[count_ % freed_.size()] = address;
  }

  void deallocate_wrongly(std::uint64_t which, std::uint64_t place) {
    const std::uint64_t address = wrong_address(which, place);
    if (!is_wrong(address)) return;
    check_misuse(rig_.heap().deallocate(static_cast<Address>(address)), address);
  }

  void reallocate_wrongly(std::uint64_t which, std::uint64_t place) {
    const std::uint64_t address = wrong_address(which, place);
    if (!is_wrong(address)) return;
    check_misuse(rig_.heap().reallocate(static_cast<Address>(address), place % 1000).error(), address);
  }

  // An address of one of the kinds that programs get wrong.
  std::uint64_t wrong_address(std::uint64_t which, std::uint64_t place) const {
    const std::uint64_t kind = which % 8;
    which /= 8;
    const std::uint64_t extent = accounts_.top - accounts_.begin + 1;
    switch (kind) {
      case 0:  // inside a block, at a granule
        return model_.empty() ? 0 : inside(model_.pick(which), place / granule * granule);
      case 1:  // inside a block, anywhere
        return model_.empty() ? 0 : inside(model_.pick(which), place);
      case 2:  // freed a while ago
      case 3: return freed_[which % freed_.size()];
      case 4:  // past the end of the memory
        return rig_.memory().bytes() + place;
      case 5:  // below the heap
        return accounts_.begin == 0 ? 0 : place % accounts_.begin;
      case 6:  // in a reserved span
        return model_.spans().empty() ? 0 : model_.spans().begin()->first + place % granule;
      default:  // anywhere
        return accounts_.begin + place % extent / granule * granule;
    }
  }

  std::uint64_t inside(std::uint64_t block, std::uint64_t offset) const {
    return block + offset % model_.at(block)->usable;
  }

  // Address 0 means "nothing" to some heaps and is a block of others: it has its own test. An address
  // that the type cannot hold would be another one.
  bool is_wrong(std::uint64_t address) const {
    return address != 0 && model_.at(address) == nullptr &&
           address <= static_cast<std::uint64_t>(static_cast<Address>(~Address{0}));
  }

  void check_misuse(allot::Error error, std::uint64_t address) {
    expect_unchanged();
    const allot::Error expected = misuse_of(address);
    if (error == expected) return;
    const bool may_be_metadata = expected == allot::Error::double_free;
    if (may_be_metadata && error == allot::Error::metadata_address && is_metadata(address)) return;
    disagree("misuse of ", address, " gives error ", number(error), ", not ", number(expected));
  }

  [[nodiscard]] allot::Error misuse_of(std::uint64_t address) const {
    if (address >= rig_.memory().bytes()) return allot::Error::wild_address;
    if (address < accounts_.begin || address >= accounts_.top) return allot::Error::foreign_address;
    if (model_.is_reserved(address)) return allot::Error::foreign_address;
    return model_.holder(address) == Model::unlimited ? allot::Error::double_free
                                                      : allot::Error::interior_address;
  }

  // By a walk, because only block starts can be asked for.
  [[nodiscard]] bool is_metadata(std::uint64_t address) const {
    for (const allot::Block& block : walk(rig_.heap())) {
      if (address - block.address < block.size) return block.kind == allot::BlockKind::metadata;
    }
    return false;
  }

  // --- spans and limits -------------------------------------------------------------------------

  void reserve(std::uint64_t which, std::uint64_t size) {
    const std::uint64_t extent = accounts_.top - accounts_.begin + 1;
    const std::uint64_t begin = accounts_.begin + which % extent;
    const std::uint64_t end = begin + size % 5000;
    const allot::Error error = rig_.heap().reserve(begin, end);
    if (error != allot::Error::none) {
      expect_unchanged();
      if (error == allot::Error::invalid_span || error == allot::Error::span_in_use) return;
      if (error == allot::Error::out_of_memory) return;
      disagree("reserving [", begin, ", ", end, ") is refused with error ", number(error));
    }
    if (begin >= end) disagree("an empty span is reserved");
    // A reserved span is at least three granules long.
    const std::uint64_t low = begin / granule * granule;
    model_.reserve(low, std::max(rounded(end), low + 3 * granule));
  }

  void unreserve(std::uint64_t which) {
    if (model_.spans().empty()) return;
    auto span = model_.spans().begin();
    std::advance(span, which % model_.spans().size());
    const std::uint64_t begin = span->first;
    const allot::Error error = rig_.heap().unreserve(begin);
    if (error != allot::Error::none) disagree("unreserving ", begin, " is refused: ", number(error));
    model_.unreserve(begin);
  }

  void set_quota(std::uint64_t which, std::uint64_t size) {
    const std::uint64_t limit = which % 3 == 0 ? 0 : model_.live_bytes() + size;  // 0: no limit
    const std::uint64_t quota = limit == 0 ? Model::unlimited : limit;
    const allot::Error error = rig_.heap().set_quota(limit);
    if (error != allot::Error::none) disagree("setting the quota is refused: ", number(error));
    model_.quota = quota;
  }

  void set_maximum(std::uint64_t which, std::uint64_t size) {
    const std::uint64_t maximum = which % 3 == 0 ? 0 : accounts_.top + size;
    const allot::Error error = rig_.heap().set_maximum(maximum);
    if (error != allot::Error::none) disagree("setting the maximum is refused: ", number(error));
  }

  // The memory becomes longer by just so much, or nothing happens; the heap itself takes nothing yet.
  void grow(std::uint64_t pages) {
    const std::uint64_t before = rig_.memory().bytes();
    const allot::Error error = rig_.heap().grow(pages);
    if (error != allot::Error::none && error != allot::Error::out_of_memory) {
      disagree("growing by ", pages, " pages is refused with error ", number(error));
    }
    const std::uint64_t more = error == allot::Error::none ? pages * allot::page_bytes : 0;
    if (rig_.memory().bytes() != before + more) {
      disagree("growing by ", pages, " pages took the memory from ", before, " to ", rig_.memory().bytes(),
               " bytes");
    }
    if (more != 0 && accounts_.maximum < before + more) disagree("the memory grew beyond the maximum");
    expect_unchanged();
  }

  // --- what is compared after every operation ------------------------------------------------------

  void check_accounts() {
    const Accounts now = read_accounts(rig_.heap());
    const auto expect = [&now](const char* what, std::uint64_t is, std::uint64_t should) {
      if (is != should) disagree(what, " is ", is, ", the model says ", should, "; ", now);
    };
    expect("live_bytes", now.live, model_.live_bytes());
    expect("live_blocks", now.blocks, model_.live_blocks());
    expect("peak_bytes", now.peak, model_.peak_bytes());
    expect("live + free + metadata", now.live + now.free + now.metadata, now.managed);
    expect("quota_bytes", now.quota, model_.quota);
    expect("begin", now.begin, accounts_.begin);
    std::uint64_t reserved = 0;
    for (const auto& [begin, end] : model_.spans()) reserved += end - begin;
    expect("reserved_bytes", now.reserved, reserved);
    if (now.top < accounts_.top) disagree("the heap's top went down");
    if (now.top > rig_.memory().bytes()) disagree("the heap's top lies past the memory's end");
    const std::uint64_t limit = now.maximum > accounts_.top ? now.maximum : accounts_.top;
    if (now.top > limit) disagree("the heap's top went beyond its maximum");
    accounts_ = now;
  }

  void expect_unchanged() const {
    const Accounts now = read_accounts(rig_.heap());
    if (now != accounts_) disagree("a refused operation changed ", accounts_, " to ", now);
  }

  void check_contents(std::uint64_t address, const LiveBlock& block, std::uint64_t size) const {
    const std::uint64_t offset = first_difference(bytes_at(address), size, block.mark);
    if (offset == size) return;
    disagree("byte ", offset, " of the block at ", address, " is not what was written there");
  }

  std::uint8_t* bytes_at(std::uint64_t address) const { return rig_.memory().base() + address; }

  // The shortest block for a request. A recorded slack is less than a granule, so that a block for 0 bytes
  // has two of them when sizes are recorded.
  std::uint64_t least_bytes(std::uint64_t size) const {
    if (size == 0) return rig_.records() ? 2 * granule : granule;
    return rounded(size);
  }
  static std::uint64_t rounded(std::uint64_t size) { return (size + granule - 1) / granule * granule; }
  static unsigned number(allot::Error error) { return static_cast<unsigned>(error); }

  Rig& rig_;
  Model model_;
  Accounts accounts_;  // after the operation before
  std::array<std::uint64_t, 64> freed_{};
  std::uint64_t marks_ = 0;
  std::uint64_t count_ = 0;
};

#ifndef ALLOT_TEST_HEAPS_HERE
// Compiled once, as the heaps are.
extern template class CheckedHeap<InsideRig<MovingMemory, std::uint32_t>>;
extern template class CheckedHeap<InsideRig<MovingMemory, std::uint64_t>>;
extern template class CheckedHeap<OutsideRig<MovingMemory, std::uint32_t>>;
extern template class CheckedHeap<OutsideRig<MovingMemory, std::uint64_t>>;
#endif

}  // namespace allot_test
