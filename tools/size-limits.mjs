// What `./dev size` weighs. `raw` and `gzip` are limits in bytes; an entry without them is only shown.
//
// `file` is an artefact as it is. `code` is what a user's file says: bundled and minified, with all it needs of
// the package.
export const limits = [
  {
    name: 'malloc free realloc calloc aligned_alloc, -Oz',
    file: 'build/wasm/allot-malloc.wasm',
    raw: 7_856,
    gzip: 4_250,
  },
  { name: 'allot-inside.wasm', file: 'build/wasm/allot-inside.wasm' },
  { name: 'allot-outside.wasm', file: 'build/wasm/allot-outside.wasm' },
  { name: 'malloc and its family for threads, -Oz', file: 'build/wasm/allot-malloc-threads.wasm', raw: 16_000, gzip: 8_220 },
  { name: 'allot-shared.wasm', file: 'build/wasm/allot-shared.wasm' },
  { name: 'import { Heap }', code: "export { Heap } from 'allot';", gzip: 134_800 },
  { name: 'import { struct }', code: "export { struct } from 'allot';", gzip: 19_400 },
  {
    name: 'import { Mutex, Condition, Semaphore, RingBuffer }',
    code: "export { Condition, Mutex, RingBuffer, Semaphore } from 'allot/sync';",
    gzip: 6_500,
  },
  {
    name: 'import LocalSharedMemory',
    code: "export { default } from 'allot/compat/local-shared-memory';",
    gzip: 139_000,
  },
  {
    name: 'import { alloc, trim, on } of LEWD Alloc',
    code: "export { alloc, trim, on } from 'allot/compat/lewd';",
    gzip: 135_300,
  },
  {
    name: 'import { WasmHeapManager }',
    code: "export { WasmHeapManager } from 'allot/compat/wasm-heap-manager';",
    gzip: 37_500,
  },
];
