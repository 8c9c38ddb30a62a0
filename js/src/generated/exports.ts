// Made by tools/generate.mjs from abi/exports.def. Do not edit.

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

/** The names of all exports, in the order of the table. */
export const exportNames = [
  'allot_abi_version',
  'allot_create',
  'allot_check',
  'allot_find',
  'allot_malloc',
  'allot_calloc',
  'allot_realloc',
  'allot_aligned_alloc',
  'allot_free',
  'allot_relocate',
  'allot_usable_size',
  'allot_requested_size',
  'allot_block_kind',
  'allot_block_size',
  'allot_stat',
  'allot_validate',
  'allot_reserve',
  'allot_unreserve',
  'allot_grow',
  'allot_trim',
  'allot_set_maximum',
  'allot_set_quota',
  'allot_merge',
] as const satisfies readonly (keyof HeapExports)[];
