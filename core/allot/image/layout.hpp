// Purpose: the heap image, byte for byte. docs/heap-image.md is the same thing in words.
// Floor:   image.
// Assumes: little-endian; every record starts at a multiple of 16 bytes.
//
//   An image inside the managed memory, as create() lays it out from `begin` upward:
//
//   +--------+---------+----------+-------+--------------+----------------------------+
//   | Header | Agent 0 | page map | hints | page records |  blocks ...                |
//   +--------+---------+----------+-------+--------------+----------------------------+
//
//   All of it is one extent of kind metadata. Later records (a larger page map, larger hint stacks,
//   page records for new pages) are metadata extents of their own, anywhere.
#pragma once

#include <allot/base/bits.hpp>

namespace allot {

/// "allot" and three control bytes that no text contains; read as a little-endian u64.
inline constexpr u64 image_magic = 0x1A0A0D746F6C6C61ull;
inline constexpr u32 image_version = 1;

/// What the header's checksum starts from.
inline constexpr u64 image_seal = 0x9E3779B97F4A7C15ull;

inline constexpr u32 agent_capacity = 64;

/// Blocks of up to `small_max` granules are found through per-size stacks of hints; longer ones carry
/// their length and list links in their own, otherwise unused, live bits. A block of 129 granules is
/// the shortest with three aligned 32-bit words among its live bits, whatever its start.
inline constexpr Granule small_max = 128;
/// From here on a block also carries its length in its last live word, so that the block after it can
/// find it. 256: a backward search for start bits never looks at more than four words.
inline constexpr Granule footer_min = 256;

namespace image_flag {
inline constexpr u8 record_sizes = 1;  // requested sizes are kept: 4 bits a granule
inline constexpr u8 shared = 2;        // page records have a remote bitmap
}  // namespace image_flag

/// What every agent may read; changed only while the heap grows or is reconfigured.
struct Header {
  u64 magic;
  u32 version;
  u32 header_bytes;
  u64 self;               // Ref of this header: a copy elsewhere is not the heap
  u8 address_bytes;       // 4 or 8: WebAssembly's address type i32 or i64
  u8 outside;             // bit 0: the records lie in another memory; bit 1: for several agents at once
  u8 policy;              // Policy
  u8 flags;               // image_flag
  u32 record_bytes;       // size of a page record
  u8 borrow_shift;        // the policy as numbers: see placement/policy.hpp
  u8 borrow_add;
  u8 eager_shift;
  u8 step_shift;
  u32 grow_count;
  u64 spare;              // 0
  u64 origin;             // begin rounded down to a page: granule 0
  u64 begin;              // first byte that the heap may use
  u64 end;                // the span that the heap never leaves
  u64 maximum;            // soft maximum: as end, and may be changed
  u64 quota;              // most live bytes
  u64 top;                // address after the last managed byte
  u64 owned_end;          // memory up to here is the heap's to take; beyond it somebody else grew
  u64 page_map;           // Ref of u32/u64[page_map_capacity]: Ref of each page's record
  u64 pool;               // Ref of the first unused page record; each begins with the Ref of the next
  u64 pool_count;
  u64 managed_bytes;      // live + free + metadata
  u64 metadata_bytes;
  u64 reserved_bytes;
  u64 records_top;        // image outside: end of the records taken so far
  u32 page_map_capacity;
  u32 agents;             // agent records in use
  u32 reserved_spans;     // how many there are
  u32 spare_word;         // 0
  u64 agent[agent_capacity];  // Ref of each agent record
  u64 checksum;           // over everything above

  // Not under the checksum.
  u32 granules;           // granules from origin to top, rounded up to a page; hot, checked against top
  u32 last_error;         // what a guest was refused last, for its host to read
  u64 last_error_address;
  u64 violation_address;  // where validate() last found an invariant broken
  u32 lock;               // of a heap in a shared memory: see placement/lock.hpp
  u32 spare_words[3];     // 0, but for `identity` of image/words.def; named in image/shared.hpp
};
static_assert(sizeof(Header) % 16 == 0 && sizeof(Header) == 736);

/// Bytes from the header's beginning to the fields of an image that others than the core know.
namespace image_word {
#define ALLOT_IMAGE_WORD(name, bytes, meaning) inline constexpr u32 name = bytes;
#include <allot/image/words.def>
#undef ALLOT_IMAGE_WORD
#define ALLOT_LIES_AT(field) static_assert(offsetof(Header, field) == (field))
ALLOT_LIES_AT(record_bytes);
ALLOT_LIES_AT(begin);
ALLOT_LIES_AT(end);
ALLOT_LIES_AT(top);
ALLOT_LIES_AT(owned_end);
ALLOT_LIES_AT(page_map);
ALLOT_LIES_AT(pool);
ALLOT_LIES_AT(pool_count);
ALLOT_LIES_AT(page_map_capacity);
ALLOT_LIES_AT(granules);
ALLOT_LIES_AT(last_error);
ALLOT_LIES_AT(last_error_address);
ALLOT_LIES_AT(lock);
#undef ALLOT_LIES_AT
static_assert(offsetof(Header, spare_words) + 8 == identity);
}  // namespace image_word

inline constexpr u32 bins_per_octave = 16;
inline constexpr u32 bin_octaves = 25;  // 2^7 .. 2^31 granules
inline constexpr u32 bin_count = bins_per_octave * bin_octaves;

/// Long blocks of less than a page that were freed lately wait in a few places for each bin, outside the
/// lists, in the hope that one of their size is asked for before they are merged.
inline constexpr u32 quick_octaves = 5;  // 2^7 .. 2^12 granules
inline constexpr u32 quick_bins = bins_per_octave * quick_octaves;
inline constexpr u32 quick_depth = 8;

/// What one agent owns: its accounting and its hints. Only that agent writes it. What changes with each call lies 16
/// bytes behind its beginning: the first one's record follows the header, in a line of the cache that has
/// `granules`, which all agents read with each call.
struct Agent {
  u64 hints;  // Ref of the hint stacks
  u16 hint_cap;  // places of a stack for 5 to 32 granules: see hint_places
  u8 id;
  u8 last_length;  // granules of
  Granule last;  // the block that malloc's hot path returned last, which may be gone; not in a shared heap
  u32 room;  // granules that may become live before the watermark: a signed number
  u32 last_cut;  // the sizes last cut, a byte each, the latest lowest
  u32 watermark;  // live granules above this need a closer look: min(peak, quota)
  u32 peak;  // most live granules so far
  Granule run_begin;  // the free extent from which small blocks are cut; none when both are equal
  Granule run_end;
  u32 sweep_page;  // where the next sweep resumes
  u32 state;  // 0 unused, 1 in use
  Granule front;  // the long block that was freed last of all, if
  u32 front_length;  // it waits there: its granules, else 0
  u64 tops[small_max];  // Ref of the topmost hint of each size from 1 on, as long as an address
  u32 octaves;  // which octaves of bins hold a block
  u32 binned;  // granules in bins
  u16 bins[26];  // which bins of each octave do
  u32 high;  // most live granules since everything was merged
  u32 heads[bin_count];  // first block of each bin, as granule + 1
  u8 quick_count[quick_bins + 8];  // places taken for each bin; the last eight stay 0
  u64 quick[quick_bins * quick_depth];  // length << 32 | granule of each block
};
static_assert(sizeof(Agent) % 16 == 0 && sizeof(Agent) == 7952);
static_assert(sizeof(Header) + offsetof(Agent, hints) == image_word::hints);
static_assert(sizeof(Header) + offsetof(Agent, hint_cap) == image_word::hint_cap);

/// A page record describes the 4096 granules of one page, one bit each in two bitmaps:
///
///   start  live
///     1      1    a live block begins here
///     1      0    a free block begins here, or, with live = 1 at the next granule, one that is never
///                 handed out: metadata, or (live = 1 also at the granule after) a reserved span
///     0      -    inside a block: live is 0, or belongs to the length and links of a long block
///
///   +0     start[512]  +512 zero[8]  +520 live[512]  +1032 owner, flags  +1040 small[16]
///   +1056  remote[512], summary, page (shared)   then sizes[2048] (record_sizes)
///
/// `zero` lets a 64-bit load at any byte of `start` run past the end; no start bit is ever found there.
namespace page_record {
inline constexpr u32 start = 0;
inline constexpr u32 live = 520;
inline constexpr u32 owner = 1032;  // u32: agent id; in a shared heap id + 1, nobody or everybody
inline constexpr u32 flags = 1036;  // u32: 1 = gap, a page that somebody else grew
inline constexpr u32 small = 1040;  // u64[2]: sizes of small free blocks that may begin here (policy exact)
inline constexpr u32 base_bytes = 1056;
inline constexpr u32 sizes = 1056;  // behind the remote bits where there are any
inline constexpr u32 sizes_bytes = granules_per_page / 2;
inline constexpr u32 remote = 1056;  // u64[64]: blocks that agents have freed who do not own the page
inline constexpr u32 summary = 1568;  // u64: bit i is set when one of remote[8 * i ...] may not be 0
inline constexpr u32 page =
    1576;  // u32: of which page it is, + 1; where it says something else, validate() mends it
inline constexpr u32 remote_bytes = granules_per_page / 8 + 16;
inline constexpr u32 gap = 1;

// A shared heap's owners beside its agents. A free page has no bit set; the first of a run of them says in
// `small` how long the run is (u32 pages) and which page begins the next run (u32, plus 1; 0: none).
inline constexpr u32 nobody = 0;
inline constexpr u32 everybody = agent_capacity + 1;  // records, gaps: changed by who holds the lock
inline constexpr u32 run_pages = small;
inline constexpr u32 run_next = small + 4;
}  // namespace page_record

constexpr u32 page_record_bytes(u8 flags) {
  return page_record::base_bytes + (flags & image_flag::record_sizes ? page_record::sizes_bytes : 0) +
         (flags & image_flag::shared ? page_record::remote_bytes : 0);
}

inline constexpr u32 first_hint_cap = 8;
inline constexpr u32 last_hint_cap = 1024;
/// Hint stacks of sizes up to the first have twice `cap` places, as most programs ask for few short sizes most of
/// the time; those above the second have an eighth.
inline constexpr u32 hint_many_max = 4;
inline constexpr u32 hint_deep_max = 32;

/// The stacks of the sizes below one, for a given cap: before, between and behind stacks lies a place that ends both. A
/// place is a granule and, as long as an address is, the Ref of its start bit's byte.
[[gnu::always_inline]] constexpr u32 hint_places_below(Granule size, u32 cap) {
  const Granule below = size - 1;
  const Granule many = below < hint_many_max ? below : hint_many_max;
  const Granule deep = below < hint_deep_max ? below : hint_deep_max;
  return deep * (cap + 1) + many * cap + (below - deep) * ((cap >> 3) + 1);
}
/// All stacks.
constexpr u32 hint_places(u32 cap) { return hint_places_below(small_max + 1, cap) + 1; }
constexpr u32 hint_bytes(u32 cap, u32 address_bytes) {
  return static_cast<u32>(round_up(u64{hint_places(cap)} * 2 * address_bytes, granule_bytes));
}
inline constexpr u32 first_page_map_capacity = 16;

}  // namespace allot
