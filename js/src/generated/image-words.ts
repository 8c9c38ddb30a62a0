// Made by tools/generate.mjs from core/allot/image/words.def. Do not edit.

/** Where an image has fields that are not the core's alone: bytes from its beginning. */
export const imageWords = {
  /** u32: bytes of a page's record. */
  record_bytes: 28,
  /** u64: the first byte that the heap may use. */
  begin: 56,
  /** u64: the end of the span that the heap never leaves. */
  end: 64,
  /** u64: behind the last byte that it manages. */
  top: 88,
  /** u64: memory up to here is the heap's to take. */
  owned_end: 96,
  /** u64: where the page map lies. */
  page_map: 104,
  /** u64: where the first unused page record lies; each begins with where the next does. */
  pool: 112,
  /** u64: how many there are. */
  pool_count: 120,
  /** u32: entries of the page map. */
  page_map_capacity: 160,
  /** u32: granules up to the heap's top. */
  granules: 696,
  /** u32: the number of the error that a guest was refused with last; 0: none. */
  last_error: 700,
  /** u64: the address that it gave. */
  last_error_address: 704,
  /** u32: the lock of a heap that several agents use; 0 while nobody holds it. */
  lock: 720,
  /** u32: a number by which JavaScript tells heaps apart; 0 before it is asked for. */
  identity: 732,
  /** u64: where the first agent's hints lie. */
  hints: 736,
  /** u16: how many places its stacks have. */
  hint_cap: 744,
  /** u32: the identity of a heap that several agents use: in its first agent's record. */
  shared_identity: 8760,
} as const;
