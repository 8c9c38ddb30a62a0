// Purpose: reaching the records of an image, and sealing and checking its header.
// Floor:   image.
#pragma once

#include <allot/base/error.hpp>
#include <allot/image/layout.hpp>
#include <allot/image/place.hpp>

namespace allot {

/// What a heap object is made of: a place and the Ref of an image.
template <class Place, bool stateless = Place::stateless>
class Handle {
 public:
  constexpr Handle() = default;
  constexpr Handle(Place place, RecordRef image)
      : place_(place), image_(static_cast<typename Place::Ref>(image)) {}
  typename Place::Ref image() const {
    if constexpr (requires { Place::fixed_image; })
      return Place::fixed_image;
    else
      return image_;
  }

 protected:
  const Place& place() const { return place_; }

 private:
  [[no_unique_address]] Place place_;
  typename Place::Ref image_ = 0;
};

/// In a wasm module, where the place is known, the object IS the image: `this` is its address. No member
/// function then needs a stack in memory to pass an object on, and a module over a foreign memory has none.
template <class Place>
class Handle<Place, true> {
 public:
  typename Place::Ref image() const {
    // Traits may say where the only image lies: `this` is passed on for nothing then, which compilers find out.
    if constexpr (requires { Place::Traits::image(); })
      return static_cast<typename Place::Ref>(reinterpret_cast<uintptr_t>(Place::Traits::image()));
    else
      return static_cast<typename Place::Ref>(reinterpret_cast<uintptr_t>(this));
  }

 protected:
  static constexpr Place place() { return Place{}; }
};

/// The records of one heap. References returned here die when the memory of the records grows.
template <class Place>
class Image : public Handle<Place> {
 public:
  using Address = typename Place::Address;
  using Ref = typename Place::Ref;
  using Header = typename Place::Access::Header;
  using Agent = typename Place::Access::Agent;
  using Pointer = typename Place::Access::Pointer;
  using Handle<Place>::Handle;
  using Handle<Place>::image;

  /// Whether several agents use the heap at once.
  static constexpr bool shared = is_shared<typename Place::Traits>;

 protected:
  /// What the header says of the image's kind.
  static constexpr u8 image_kind = (Place::inside ? 0 : 1) | (shared ? 2 : 0);

  using Handle<Place>::place;

  Pointer at(RecordRef ref) const { return place().record_at(ref); }
  Header& header() const {
    if constexpr (requires { Place::Traits::image(); })
      return *reinterpret_cast<Header*>(Place::Traits::image());
    else
      return *reinterpret_cast<Header*>(place().record_base() + static_cast<uintptr_t>(image()));
  }
  /// Ref of this agent's record. It follows the header unless there are others.
  Ref agent_ref() const {
    if constexpr (shared)
      return static_cast<Ref>(place().agent_ref());
    else
      return image() + sizeof(Header);
  }
  Agent& agent() const {
    if constexpr (shared) {
      // Who is no agent has no record, and is refused before one is read; but for what a damaged image leads to.
      if constexpr (!Place::Access::trusted) require(agent_ref() != 0);
      // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn)
      return *reinterpret_cast<Agent*>(place().record_base() + static_cast<uintptr_t>(agent_ref()));
    } else {
      // By pointer arithmetic, which the compiler folds into the offsets of loads where the image is a constant.
      return *reinterpret_cast<Agent*>(reinterpret_cast<char*>(&header()) + sizeof(Header));
    }
  }

  /// What must hold in every sound image, or the code that follows is undefined: costs something only where
  /// the records are not trusted, and does not return there when it does not hold.
  void require(bool holds) const {
    if constexpr (!Place::Access::trusted) {
      if (!holds) [[unlikely]]
        place().refuse();
    }
  }

  /// A word of the header or of an agent's record, given by where it is now, as at() has it.
  Pointer pointer_at(uintptr_t address) const {
    if constexpr (Place::Access::trusted)
      return Pointer(address);
    else
      return at(address - place().record_base());
  }
  template <class Word>
  Pointer pointer_to(Word& word) const {
    return pointer_at(reinterpret_cast<uintptr_t>(&word));
  }

  /// Whether what lies at `at` is within the sight of this code: everywhere, but where a native host has a short way, which
  /// leaves to another what it does not see. Nothing may be stored before the last of these questions.
  [[gnu::always_inline]] bool sees(Pointer at) const {
    if constexpr (requires { place().sees(at); })
      return place().sees(at);
    else
      return true;
  }

  /// The record of a page below `granules`.
  Pointer record(u32 page) const { return at(record_ref(page)); }
  Pointer record_of(Granule g) const { return record(g >> granule_page_shift); }
  /// Its Ref.
  Address record_ref(u32 page) const { return load<Address>(page_entry(page)); }
  /// Where the page map has that Ref.
  Pointer page_entry(u32 page) const {
    return at(header().page_map) + static_cast<uintptr_t>(page) * sizeof(Address);
  }

  /// The address of granule 0. An image inside lies in its own first page: nothing need be read to know it.
  Address origin() const {
    if constexpr (Place::inside)
      return static_cast<Address>(image()) & ~static_cast<Address>(page_bytes - 1);
    else
      return static_cast<Address>(header().origin);
  }
  Address address_of(Granule g) const { return origin() + (static_cast<Address>(g) << granule_shift); }
  u32 page_count() const { return granules() >> granule_page_shift; }
  /// How long the heap is. Of several agents each may make it longer, and stores that last: who reads it like this finds
  /// the page map and the records for as much.
  Granule granules() const {
    if constexpr (shared)
      return pointer_to(header().granules).template atomic_get<u32>();
    else
      return header().granules;
  }

  /// Recomputes the checksum; every function that changes the checked part ends with it.
  [[gnu::noinline]] void seal() { header().checksum = checksum(); }

  u64 checksum() const {
    // FNV-1a's multiply-and-xor over words instead of bytes (Fowler, Noll, Vo, 1991): it has to
    // notice damage, not withstand an attacker, and runs whenever the heap grows.
    u64 hash = image_seal;
    for (Ref ref = image(); ref < image() + offsetof(allot::Header, checksum); ref += 8) {
      hash = (hash ^ load<u64>(at(ref))) * 0x100000001B3ull;
      hash ^= hash >> 29;
    }
    return hash;
  }

  /// Whether the header at image() can be trusted to reach the other records. Reads the header only.
  Error check_header(u64 record_memory_bytes) const {
    if (image() % 16 != 0 || record_memory_bytes < sizeof(Header) ||
        image() > record_memory_bytes - sizeof(Header))
      return Error::not_a_heap;
    const auto& h = header();
    if (h.magic != image_magic) return Error::not_a_heap;
    if (h.version != image_version) return Error::wrong_version;
    if (h.address_bytes != sizeof(Address) || h.outside != image_kind) {
      // Only a header whose seal holds really says that it is of another kind.
      return h.checksum == checksum() ? Error::wrong_address_type : Error::corrupt_image;
    }
    if (h.checksum != checksum() || h.self != image() || h.header_bytes != sizeof(Header))
      return Error::corrupt_image;
    if (Place::inside && h.begin != image()) return Error::corrupt_image;
    if (h.granules % granules_per_page != 0 || h.granules >= granule_limit ||
        h.origin + u64{h.granules} * granule_bytes < h.top ||
        h.origin + u64{h.granules} * granule_bytes - h.top >= page_bytes)
      return Error::corrupt_image;
    return Error::none;
  }
};

}  // namespace allot
