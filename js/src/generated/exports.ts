// Made by tools/generate.mjs from abi/exports.def and abi/shared-exports.def. Do not edit.

/**
 * What a wasm32 build of the heap exports. Results that C declares unsigned arrive here as signed
 * numbers: `>>> 0` them.
 */
export interface HeapExports {
  allot_abi_version(): number;
  allot_create(image: number, begin: number, end: number, maximum: number, policy: number, flags: number): number;
  allot_check(heap: number): number;
  allot_find(from: number): number;
  allot_malloc(heap: number, size: number): number;
  allot_calloc(heap: number, count: number, size: number): number;
  allot_realloc(heap: number, address: number, size: number): number;
  allot_aligned_alloc(heap: number, alignment: number, size: number): number;
  allot_free(heap: number, address: number): number;
  allot_relocate(heap: number, from: number, to: number): number;
  allot_usable_size(heap: number, address: number): number;
  allot_requested_size(heap: number, address: number): number;
  allot_block_kind(heap: number, address: number): number;
  allot_block_size(heap: number, address: number): number;
  allot_stat(heap: number, which: number): number;
  allot_validate(heap: number): number;
  allot_reserve(heap: number, begin: number, end: number): number;
  allot_unreserve(heap: number, begin: number): number;
  allot_grow(heap: number, pages: number): number;
  allot_trim(heap: number): number;
  allot_set_maximum(heap: number, bytes: number): number;
  allot_set_quota(heap: number, bytes: number): number;
  allot_merge(heap: number): void;
}

/** What the build for shared heaps exports besides. */
export interface SharedHeapExports extends HeapExports {
  allot_attach(heap: number, flags: number): number;
  allot_resume(heap: number, agent: number): number;
  allot_detach(heap: number): number;
  allot_reap(heap: number, agent: number): number;
  allot_agent(heap: number): number;
  allot_agent_at(heap: number, slot: number): number;
  allot_may_block(heap: number, yes: number): number;
  allot_lock_holder(heap: number): number;
  allot_collect(heap: number): number;
}
