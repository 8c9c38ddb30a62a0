// What `./dev size` weighs. `raw` and `gzip` are limits in bytes; an entry without them is only shown.
export const limits = [
  {
    name: 'malloc free realloc calloc aligned_alloc, -Oz',
    file: 'build/wasm/allot-malloc.wasm',
    raw: 12288,
  },
  { name: 'allot-inside.wasm', file: 'build/wasm/allot-inside.wasm' },
  { name: 'allot-outside.wasm', file: 'build/wasm/allot-outside.wasm' },
];
