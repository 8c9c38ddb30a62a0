// Made by tools/generate.mjs from core/allot/base/errors.def and js/src/errors.def. Do not edit.

/** The codes of a {@link HeapError}: a misuse of the heap, or a damaged one. */
export type HeapErrorCode =
  | 'double_free'
  | 'interior_address'
  | 'metadata_address'
  | 'foreign_address'
  | 'wild_address'
  | 'not_a_heap'
  | 'wrong_version'
  | 'wrong_address_type'
  | 'corrupt_image'
  | 'span_in_use'
  | 'not_recorded'
  | 'lock_held'
  | 'not_attached'
  | 'freed_ref'
  | 'stale_mark'
  | 'another_heap'
  | 'bad_allocator'
  | 'timed_out'
  | 'not_held'
  | 'deadlock'
  | 'closed'
  | 'wrong_object'
  | 'module_clash'
  | 'module_in_use'
  | 'overrun'
  | 'use_after_free'
  | 'malformed_trace'
  | 'malformed_snapshot';

/** The codes of the `RangeError`s that this package throws. */
export type RangeErrorCode =
  | 'out_of_memory'
  | 'quota_exceeded'
  | 'size_too_large'
  | 'invalid_alignment'
  | 'invalid_span'
  | 'invalid_policy'
  | 'too_many_agents'
  | 'no_such_agent'
  | 'invalid_number'
  | 'out_of_bounds'
  | 'unaligned'
  | 'index_out_of_range'
  | 'unsafe_pointer'
  | 'string_too_long'
  | 'unsupported_encoding';

/** The codes of the `TypeError`s that this package throws. */
export type TypeErrorCode =
  | 'wrong_type'
  | 'invalid_option'
  | 'invalid_layout'
  | 'malformed_text'
  | 'cannot_wait'
  | 'unsupported_memory'
  | 'unsupported_element'
  | 'unsupported_operation'
  | 'malformed_ticket'
  | 'invalid_module'
  | 'missing_import';

/** The codes of errors that the core reports by number. */
export type CoreErrorCode =
  | 'out_of_memory'
  | 'quota_exceeded'
  | 'size_too_large'
  | 'invalid_alignment'
  | 'double_free'
  | 'interior_address'
  | 'metadata_address'
  | 'foreign_address'
  | 'wild_address'
  | 'not_a_heap'
  | 'wrong_version'
  | 'wrong_address_type'
  | 'corrupt_image'
  | 'invalid_span'
  | 'span_in_use'
  | 'invalid_policy'
  | 'not_recorded'
  | 'lock_held'
  | 'not_attached'
  | 'too_many_agents'
  | 'no_such_agent';

/** For each code the class that is thrown and what it means. */
export const errorTable = {
  out_of_memory: { kind: 'RangeError', text: 'the memory cannot grow far enough to hold the request' },
  quota_exceeded: { kind: 'RangeError', text: "the request would take the live bytes over the heap's quota" },
  size_too_large: { kind: 'RangeError', text: "the size does not fit the heap's address space" },
  invalid_alignment: { kind: 'RangeError', text: 'an alignment must be a power of two that fits the address space' },
  double_free: { kind: 'HeapError', text: 'the address lies in free memory: it was freed already, or never allocated' },
  interior_address: { kind: 'HeapError', text: 'the address lies inside a live block, not at its start' },
  metadata_address: { kind: 'HeapError', text: "the address lies in the heap's own records" },
  foreign_address: { kind: 'HeapError', text: 'the address lies in the memory but outside what this heap hands out' },
  wild_address: { kind: 'HeapError', text: 'the address lies outside the memory' },
  not_a_heap: { kind: 'HeapError', text: 'no heap image was found at the address or in the memory' },
  wrong_version: { kind: 'HeapError', text: 'the heap image was written by an incompatible version' },
  wrong_address_type: { kind: 'HeapError', text: 'the heap image has another address type or placement than this code' },
  corrupt_image: { kind: 'HeapError', text: 'the heap image breaks one of its invariants' },
  invalid_span: { kind: 'RangeError', text: 'a span must lie in the memory, start before it ends, and hold what it is for' },
  span_in_use: { kind: 'HeapError', text: 'the span overlaps live blocks, records or another reserved span' },
  invalid_policy: { kind: 'RangeError', text: 'no such placement policy in this build' },
  not_recorded: { kind: 'HeapError', text: 'the heap does not record requested sizes' },
  lock_held: { kind: 'HeapError', text: "another agent holds the heap's lock; it may have been terminated" },
  not_attached: { kind: 'HeapError', text: 'this instance is no agent of the heap' },
  too_many_agents: { kind: 'RangeError', text: 'a heap has 64 agents at most at a time' },
  no_such_agent: { kind: 'RangeError', text: 'the heap has no such agent, or it is the caller itself' },
  wrong_type: { kind: 'TypeError', text: 'an argument has the wrong type' },
  invalid_option: { kind: 'TypeError', text: 'an option has no such value, or cannot go with another one' },
  invalid_layout: { kind: 'TypeError', text: 'a description of a type cannot be laid out' },
  malformed_text: { kind: 'TypeError', text: 'the text is malformed, and was not to be replaced' },
  cannot_wait: { kind: 'TypeError', text: 'this memory or this agent cannot wait' },
  unsupported_memory: { kind: 'TypeError', text: 'this version manages memories with 32-bit addresses only' },
  unsupported_element: { kind: 'TypeError', text: 'this engine, or this operation, does not support the element type' },
  unsupported_operation: { kind: 'TypeError', text: 'this heap cannot do that' },
  invalid_number: { kind: 'RangeError', text: 'an address, size or count must be a whole number from 0 up, of whole units' },
  out_of_bounds: { kind: 'RangeError', text: 'the bytes to read or write lie outside the memory' },
  unaligned: { kind: 'RangeError', text: "the address must be a multiple of the element's size" },
  index_out_of_range: { kind: 'RangeError', text: 'an index must be a whole number from 0 up, below the length' },
  unsafe_pointer: { kind: 'RangeError', text: 'a 64-bit address above 2^53 - 1 is no safe number' },
  string_too_long: { kind: 'RangeError', text: 'the encoded string does not fit the capacity given for it' },
  unsupported_encoding: { kind: 'RangeError', text: 'there is no such encoding; there are ascii latin1 utf8 utf16 utf32' },
  freed_ref: { kind: 'HeapError', text: 'the block of this ref was freed' },
  stale_mark: { kind: 'HeapError', text: "the arena has gone back beyond this mark, or it is another arena's" },
  another_heap: { kind: 'HeapError', text: 'the ref belongs to another heap' },
  bad_allocator: { kind: 'HeapError', text: 'the adopted allocator answered with what cannot be an address' },
  timed_out: { kind: 'HeapError', text: 'what was waited for did not come in time' },
  not_held: { kind: 'HeapError', text: 'the mutex is not held by this guard' },
  deadlock: { kind: 'HeapError', text: 'this agent holds the mutex itself, and would wait for ever' },
  closed: { kind: 'HeapError', text: 'the ring buffer is closed' },
  wrong_object: { kind: 'HeapError', text: 'no such object lies there, or it was overwritten' },
  malformed_ticket: { kind: 'TypeError', text: 'what should be a ticket is none' },
  module_clash: { kind: 'HeapError', text: 'a module wants a part of the memory that is taken' },
  module_in_use: { kind: 'HeapError', text: 'another module uses what this one has' },
  invalid_module: { kind: 'TypeError', text: 'the module cannot be placed in this heap' },
  missing_import: { kind: 'TypeError', text: 'the module imports what nobody provides' },
  overrun: { kind: 'HeapError', text: 'somebody wrote outside a block, where its guard bytes are' },
  use_after_free: { kind: 'HeapError', text: 'somebody wrote into a block after it was freed' },
  malformed_trace: { kind: 'HeapError', text: 'the bytes are no trace that this version can read' },
  malformed_snapshot: { kind: 'HeapError', text: 'the bytes are no snapshot that this version can read' },
} as const;

/** The number of each error of the core. */
export const coreErrorNumbers = {
  out_of_memory: 1,
  quota_exceeded: 2,
  size_too_large: 3,
  invalid_alignment: 4,
  double_free: 5,
  interior_address: 6,
  metadata_address: 7,
  foreign_address: 8,
  wild_address: 9,
  not_a_heap: 10,
  wrong_version: 11,
  wrong_address_type: 12,
  corrupt_image: 13,
  invalid_span: 14,
  span_in_use: 15,
  invalid_policy: 16,
  not_recorded: 17,
  lock_held: 18,
  not_attached: 19,
  too_many_agents: 20,
  no_such_agent: 21,
} as const;

/** The code of each error number of the core. */
export const coreErrorCodes: Readonly<Record<number, CoreErrorCode>> = {
  1: 'out_of_memory',
  2: 'quota_exceeded',
  3: 'size_too_large',
  4: 'invalid_alignment',
  5: 'double_free',
  6: 'interior_address',
  7: 'metadata_address',
  8: 'foreign_address',
  9: 'wild_address',
  10: 'not_a_heap',
  11: 'wrong_version',
  12: 'wrong_address_type',
  13: 'corrupt_image',
  14: 'invalid_span',
  15: 'span_in_use',
  16: 'invalid_policy',
  17: 'not_recorded',
  18: 'lock_held',
  19: 'not_attached',
  20: 'too_many_agents',
  21: 'no_such_agent',
};
